//! Ways through the model, to be replayed: such that every two kinds of steps that can follow each other do, and
//! drawn ones.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::mem::discriminant;
use std::ops::Range;

use super::action::{Action, Answer};
use super::config::Config;
use super::state::State;

/// A kind of step: what happens and how it is answered, without saying to which slip or device.
pub type Kind = String;

/// The kind of a step.
pub fn kind(action: Action, answer: Answer) -> Kind {
    let named = |text: String| text.split(['(', ' ', '{']).next().unwrap_or_default().to_owned();
    let how = match action {
        Action::Redeem { code, tx_code, reply, .. } => format!("{code:?}{tx_code:?}{reply:?}"),
        Action::Ask { token, nonce, .. } => format!("{token:?}{}", named(format!("{nonce:?}"))),
        Action::MakeSlip(source) => named(format!("{source:?}")),
        _ => String::new(),
    };
    let said = match answer {
        Answer::Refused(reason) => named(format!("{reason:?}")),
        answer => named(format!("{answer:?}")),
    };
    format!("{}{how}→{said}", named(format!("{action:?}")))
}

/// Two kinds of steps, one after the other.
pub type Pair = (Kind, Kind);

/// Every kind of step that anything can show which happens within the bounds and fits.
pub fn kinds(config: &Config, fit: fn(&State, Action) -> bool) -> BTreeSet<Kind> {
    let mut kinds = BTreeSet::new();
    let mut seen: HashSet<State> = HashSet::new();
    let mut open = vec![config.beginning()];
    while let Some(state) = open.pop() {
        for action in config.actions(&state).into_iter().filter(|action| fit(&state, *action)) {
            let Some((next, answer)) = config.step(&state, action) else { continue };
            kinds.insert(kind(action, answer));
            let next = next.alike();
            if seen.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    kinds
}

/// The pairs of a path.
pub fn pairs(config: &Config, path: &[Action]) -> BTreeSet<Pair> {
    let mut state = config.beginning();
    let mut before = String::new();
    let mut pairs = BTreeSet::new();
    for action in path {
        let Some((next, answer)) = config.step(&state, *action) else { break };
        let kind = kind(*action, answer);
        pairs.insert((before, kind.clone()));
        (state, before) = (next, kind);
    }
    pairs
}

/// Paths of at most `depth` steps that contain every pair of kinds that any such path contains; `fit` says which
/// steps can be replayed.
pub fn covering(config: &Config, depth: usize, fit: fn(&State, Action) -> bool) -> Vec<Vec<Action>> {
    let mut seen: HashSet<(State, Kind)> = HashSet::new();
    let mut covered: HashSet<Pair> = HashSet::new();
    let mut found: Vec<Vec<Action>> = Vec::new();
    let mut open: VecDeque<(State, Kind, Vec<Action>)> = VecDeque::new();
    open.push_back((config.beginning(), String::new(), Vec::new()));
    while let Some((state, before, path)) = open.pop_front() {
        for action in config.actions(&state) {
            let Some((next, answer)) = config.step(&state, action).filter(|_| fit(&state, action)) else {
                continue;
            };
            let kind = kind(action, answer);
            let mut longer = path.clone();
            longer.push(action);
            if covered.insert((before.clone(), kind.clone())) {
                found.push(longer.clone());
            }
            if longer.len() < depth && seen.insert((next.clone().alike(), kind.clone())) {
                open.push_back((next, kind, longer));
            }
        }
    }
    // The longest first: what lies on their way need not be gone again.
    found.sort_by_key(|path| Reverse(path.len()));
    let mut gone: BTreeSet<Pair> = BTreeSet::new();
    found.retain(|path| {
        let pairs = pairs(config, path);
        let new = !pairs.is_subset(&gone);
        gone.extend(pairs);
        new
    });
    found
}

/// The most telling of `drawn` walks, by their seeds: `count` of them, or as many more as it takes to show every kind of
/// step that any of them shows. What shows most that is new comes first: kinds of steps, then pairs of them.
pub fn telling(
    config: &Config,
    drawn: Range<u64>,
    count: usize,
    length: usize,
    fit: fn(&State, Action) -> bool,
) -> Vec<(u64, Vec<Action>)> {
    let mut walks: Vec<_> = drawn
        .map(|seed| {
            let path = walk(config, &mut Dice::new(seed), length, fit);
            let pairs = pairs(config, &path);
            (seed, path, pairs)
        })
        .collect();
    let (mut kinds, mut gone) = (BTreeSet::new(), BTreeSet::new());
    let mut chosen = Vec::new();
    loop {
        let worth = |pairs: &BTreeSet<Pair>| {
            let new: BTreeSet<_> =
                pairs.iter().map(|(_, kind)| kind).filter(|kind| !kinds.contains(*kind)).collect();
            (new.len(), pairs.difference(&gone).count())
        };
        let best =
            walks.iter().enumerate().map(|(n, (seed, _, pairs))| (worth(pairs), Reverse(*seed), n)).max();
        let Some((_, _, n)) = best.filter(|((new, _), ..)| *new > 0 || chosen.len() < count) else { break };
        let (seed, path, pairs) = walks.swap_remove(n);
        kinds.extend(pairs.iter().map(|(_, kind)| kind.clone()));
        gone.extend(pairs);
        chosen.push((seed, path));
    }
    chosen
}

/// Draws steps: SplitMix64, so that a seed means the same walk everywhere.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn draw(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        usize::try_from(z % u64::try_from(below).unwrap_or(1)).unwrap_or_default()
    }
}

/// A walk of `length` steps. A kind of action is drawn first and then one of that kind, so that what can be done in
/// many ways does not crowd out what can be done in one. What would change nothing is seldom taken, and what ends the
/// card or every token at once more seldom, or most walks would be over before anything has happened.
pub fn walk(config: &Config, dice: &mut Dice, length: usize, fit: fn(&State, Action) -> bool) -> Vec<Action> {
    let mut state = config.beginning();
    let mut path = Vec::new();
    while path.len() < length {
        let mut possible: Vec<(Action, State)> = Vec::new();
        for action in config.actions(&state).into_iter().filter(|action| fit(&state, *action)) {
            let ends = matches!(action, Action::Tick | Action::RevokeCard | Action::VoidBaseCard);
            if let Some((next, _)) = config.step(&state, action)
                && (next != state || dice.draw(4) == 0)
                && (!ends || dice.draw(8) == 0)
            {
                possible.push((action, next));
            }
        }
        let mut kinds: Vec<_> = Vec::new();
        for (action, _) in &possible {
            let kind = discriminant(action);
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        if kinds.is_empty() {
            break;
        }
        let kind = kinds[dice.draw(kinds.len())];
        possible.retain(|(action, _)| discriminant(action) == kind);
        let (action, next) = possible.swap_remove(dice.draw(possible.len()));
        path.push(action);
        state = next;
    }
    path
}
