//! Words that programs compare, each with the two sentences that people read.

/// Declares an enum of such words: the word, then the message in Polish, then the one in English.
macro_rules! wording {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal: $pl:literal, $en:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = $en] $variant,)*
        }

        impl $name {
            /// All of them, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable word.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// What people are told, in Polish.
            pub fn message_pl(self) -> &'static str {
                match self { $(Self::$variant => $pl,)* }
            }

            /// What people are told, in English.
            pub fn message_en(self) -> &'static str {
                match self { $(Self::$variant => $en,)* }
            }
        }
    };
}
pub(crate) use wording;
