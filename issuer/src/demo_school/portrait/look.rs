//! What a fictional pupil looks like: everything that a seed decides.

use super::canvas::Colour;

/// How the hair is worn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hair {
    Short,
    SideParting,
    Curly,
    Bob,
    Long,
    Ponytail,
}

/// What is worn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clothes {
    TShirt,
    Hoodie,
    Shirt,
}

/// The choices that a portrait is drawn from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) skin: Colour,
    pub(super) hair: Colour,
    pub(super) style: Hair,
    pub(super) eyes: Colour,
    pub(super) clothes: Clothes,
    pub(super) fabric: Colour,
    pub(super) background: Colour,
    pub(super) glasses: bool,
    pub(super) freckles: bool,
    /// Width of the face, 1 for the average.
    pub(super) breadth: f32,
    /// How far the corners of the mouth are raised, in millimetres.
    pub(super) smile: f32,
}

const SKIN: [Colour; 7] = [
    Colour(250, 219, 196),
    Colour(244, 205, 178),
    Colour(240, 196, 166),
    Colour(228, 178, 143),
    Colour(205, 150, 112),
    Colour(165, 112, 80),
    Colour(122, 80, 58),
];
const HAIR: [Colour; 7] = [
    Colour(222, 184, 120),
    Colour(192, 148, 92),
    Colour(146, 98, 60),
    Colour(106, 68, 44),
    Colour(74, 48, 36),
    Colour(46, 36, 36),
    Colour(172, 84, 46),
];
const EYES: [Colour; 4] =
    [Colour(92, 64, 42), Colour(82, 118, 152), Colour(88, 122, 92), Colour(112, 92, 60)];
const FABRIC: [Colour; 8] = [
    Colour(52, 92, 148),
    Colour(178, 66, 72),
    Colour(62, 128, 108),
    Colour(232, 176, 76),
    Colour(104, 92, 150),
    Colour(72, 82, 96),
    Colour(214, 132, 148),
    Colour(96, 150, 186),
];
const BACKGROUND: [Colour; 4] =
    [Colour(236, 240, 243), Colour(228, 237, 244), Colour(242, 240, 234), Colour(233, 241, 236)];
const STYLES: [Hair; 6] =
    [Hair::Short, Hair::SideParting, Hair::Curly, Hair::Bob, Hair::Long, Hair::Ponytail];
const CLOTHES: [Clothes; 3] = [Clothes::TShirt, Clothes::Hoodie, Clothes::Shirt];

impl Look {
    /// The look of seed `seed`; the same for ever, as screenshots and checksums may hang on it.
    pub(super) fn from_seed(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let skin_tone = dice.below(SKIN.len());
        let skin = pick(&SKIN, skin_tone);
        // Fair hair and blue eyes go with fair skin; drawn faces that mix at random look like masks.
        let dark = skin_tone >= 4;
        let shade = if dark { 4 + dice.below(2) } else { dice.below(HAIR.len()) };
        let eyes = if dark { 0 } else { dice.below(EYES.len()) };
        Self {
            skin,
            hair: pick(&HAIR, shade),
            style: pick(&STYLES, dice.below(STYLES.len())),
            eyes: pick(&EYES, eyes),
            clothes: pick(&CLOTHES, dice.below(CLOTHES.len())),
            fabric: pick(&FABRIC, dice.below(FABRIC.len())),
            background: pick(&BACKGROUND, dice.below(BACKGROUND.len())),
            glasses: dice.below(4) == 0,
            freckles: !dark && dice.below(4) == 0,
            breadth: 0.95 + dice.share() * 0.09,
            smile: 0.9 + dice.share() * 0.7,
        }
    }
}

fn pick<T: Copy, const N: usize>(choices: &[T; N], index: usize) -> T {
    choices[index % N]
}

/// SplitMix64: few lines, and its sequence never changes.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Below `bound`; the remainder's bias does not show in a handful of choices.
    fn below(&mut self, bound: usize) -> usize {
        (self.roll() % bound.max(1) as u64) as usize
    }

    /// From 0 up to 1.
    fn share(&mut self) -> f32 {
        self.below(1000) as f32 / 1000.0
    }
}
