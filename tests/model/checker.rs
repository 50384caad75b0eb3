//! Hands the model to stateright, which tries every order of events.

use stateright::{Checker, Expectation, HasDiscoveries, Model, Property};
use tests::model::{Action, Config, Invariant, Sometimes, State};

/// The model with its rules and bounds, as stateright wants it.
#[derive(Debug, Clone)]
pub(crate) struct Checked(pub(crate) Config);

impl Model for Checked {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![self.0.beginning()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.extend(self.0.actions(state));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        self.0.step(state, action).map(|(next, _)| next.alike())
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            always::<0>(),
            always::<1>(),
            always::<2>(),
            always::<3>(),
            always::<4>(),
            always::<5>(),
            always::<6>(),
            always::<7>(),
        ];
        let sometimes = [
            sometimes::<0>(),
            sometimes::<1>(),
            sometimes::<2>(),
            sometimes::<3>(),
            sometimes::<4>(),
            sometimes::<5>(),
            sometimes::<6>(),
            sometimes::<7>(),
            sometimes::<8>(),
            sometimes::<9>(),
            sometimes::<10>(),
            sometimes::<11>(),
            sometimes::<12>(),
            sometimes::<13>(),
        ];
        for (wish, property) in Sometimes::ALL.into_iter().zip(sometimes) {
            if wish.expected(&self.0) {
                properties.push(property);
            }
        }
        properties
    }
}

// A property's condition is a plain function, so each one gets a function of its own.
fn always<const N: usize>() -> Property<Checked> {
    Property::always(Invariant::ALL[N].name(), |model, state| Invariant::ALL[N].holds(&model.0, state))
}

fn sometimes<const N: usize>() -> Property<Checked> {
    Property::sometimes(Sometimes::ALL[N].name(), |model, state| Sometimes::ALL[N].is_so(&model.0, state))
}

/// What an exhaustive search found.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// Distinct states.
    pub(crate) states: usize,
    /// Transitions that were tried.
    pub(crate) transitions: usize,
    /// Steps to the farthest state.
    pub(crate) depth: usize,
    /// Invariants that fail, each with the shortest way there.
    pub(crate) broken: Vec<(&'static str, Vec<Action>)>,
    /// What should be possible and is not.
    pub(crate) impossible: Vec<&'static str>,
}

/// Searches everything; with `until_broken` only as far as the first broken invariant.
pub(crate) fn search(config: &Config, threads: usize, until_broken: bool) -> Verdict {
    let properties = Checked(config.clone()).properties();
    let mut builder = Checked(config.clone()).checker().threads(threads);
    if until_broken {
        builder = builder.finish_when(HasDiscoveries::AnyFailures);
    }
    let checker = builder.spawn_bfs().join();
    let found = checker.discoveries();
    let mut verdict = Verdict {
        states: checker.unique_state_count(),
        transitions: checker.state_count(),
        depth: checker.max_depth(),
        broken: Vec::new(),
        impossible: Vec::new(),
    };
    for property in properties {
        match (property.expectation, found.get(property.name)) {
            (Expectation::Always, Some(path)) => {
                verdict.broken.push((property.name, path.clone().into_actions()));
            }
            (Expectation::Sometimes, None) => verdict.impossible.push(property.name),
            (Expectation::Always | Expectation::Eventually, None)
            | (Expectation::Sometimes | Expectation::Eventually, Some(_)) => {}
        }
    }
    verdict
}
