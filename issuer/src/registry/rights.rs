//! Who may do what in a school's office: one table. Pages and the staff API ask here, nowhere else.

use crate::store::tables::staff::Role;

/// How far a right reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Not at all.
    Nobody,
    /// The pupils of the member's own class.
    OwnClass,
    /// The whole school.
    School,
}

macro_rules! rights {
    ($($(#[$doc:meta])* $right:ident: $principal:ident, $clerk:ident, $tutor:ident;)*) => {
        /// Something that a member of staff may or may not do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Right {
            $($(#[$doc])* $right,)*
        }

        impl Right {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$right,)*];

            /// The name of the row.
            pub fn name(self) -> &'static str {
                match self { $(Self::$right => stringify!($right),)* }
            }

            /// How far the right of a role reaches.
            pub fn reach(self, role: Role) -> Reach {
                match (self, role) {
                    $(
                        (Self::$right, Role::Principal) => Reach::$principal,
                        (Self::$right, Role::Clerk) => Reach::$clerk,
                        (Self::$right, Role::Tutor) => Reach::$tutor,
                    )*
                }
            }
        }
    };
}

rights! {
    //                     principal  clerk    tutor
    /// See pupils, their cards and where they stand.
    ReadPupils:            School,    School,  OwnClass;
    /// Enter and correct pupils and guardians, one by one or from a table.
    EditPupils:            School,    School,  Nobody;
    /// Enter, confirm, void and replace base cards.
    KeepBaseCards:         School,    School,  Nobody;
    /// Let pupils go to another school.
    TransferPupils:        School,    School,  Nobody;
    /// Register and judge applications and objections.
    JudgeApplications:     School,    School,  Nobody;
    /// Take in photos.
    KeepPhotos:            School,    School,  Nobody;
    /// Place and withdraw orders.
    PlaceOrders:           School,    School,  Nobody;
    /// Approve orders, under rules that ask for it.
    ApproveOrders:         School,    Nobody,  Nobody;
    /// Make slips, which shows their codes.
    MakeSlips:             School,    School,  Nobody;
    /// Note that a slip was handed out, handed back or put into the pupil file.
    HandOutSlips:          School,    School,  OwnClass;
    /// Revoke cards and devices.
    RevokeCards:           School,    School,  Nobody;
    /// Make accounts on the portal and print their first passwords.
    HandOutPortalLogins:   School,    School,  OwnClass;
    /// See what was sent to whom, and send it again.
    ReadNotices:           School,    School,  Nobody;
    /// See agreement and rules.
    ReadSchool:            School,    School,  Nobody;
    /// Change agreement, rules and the link to the electronic diary.
    EditSchool:            School,    Nobody,  Nobody;
    /// Give and take rights by name.
    KeepStaff:             School,    Nobody,  Nobody;
    /// Make and take back tokens of the staff API.
    KeepTokens:            School,    Nobody,  Nobody;
    /// Read, check and export the audit trail.
    ReadAudit:             School,    Nobody,  Nobody;
    /// Export all that is kept on a pupil.
    ExportPupils:          School,    School,  Nobody;
    /// Erase a pupil.
    ErasePupils:           School,    Nobody,  Nobody;
}

/// Who looks at a pupil's card on the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// A parent or legal guardian, while the pupil is a minor.
    Guardian,
    /// The same person once the pupil is of age and decides alone.
    GuardianOfAdult,
    /// The pupil, being of age.
    AdultPupil,
    /// The pupil, being a minor.
    MinorPupil,
}

macro_rules! portal_rights {
    ($($(#[$doc:meta])* $right:ident: $guardian:literal, $of_adult:literal, $adult:literal, $minor:literal;)*) => {
        /// Something that a person may or may not do on the portal, with the cards of their own children.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum PortalRight {
            $($(#[$doc])* $right,)*
        }

        impl PortalRight {
            /// Whether this person has it.
            pub fn held_by(self, viewer: Viewer) -> bool {
                match (self, viewer) {
                    $(
                        (Self::$right, Viewer::Guardian) => $guardian,
                        (Self::$right, Viewer::GuardianOfAdult) => $of_adult,
                        (Self::$right, Viewer::AdultPupil) => $adult,
                        (Self::$right, Viewer::MinorPupil) => $minor,
                    )*
                }
            }
        }
    };
}

portal_rights! {
    //              guardian, of an adult, adult pupil, minor pupil
    /// See how far the card is and on which devices it is.
    LookAtCard:     true,     true,        true,        true;
    /// See the live QR code, with which a phone fetches the card.
    ShowCode:       true,     false,       true,        true;
    /// Take the card off a device.
    DropDevice:     true,     false,       true,        true;
    /// Send a photo in.
    SendPhoto:      true,     false,       true,        false;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table once more, as the regulations are read: whoever changes one has to change the other.
    const EXPECTED: &[(&str, [Reach; 3])] = &[
        ("ReadPupils", [Reach::School, Reach::School, Reach::OwnClass]),
        ("EditPupils", [Reach::School, Reach::School, Reach::Nobody]),
        ("KeepBaseCards", [Reach::School, Reach::School, Reach::Nobody]),
        ("TransferPupils", [Reach::School, Reach::School, Reach::Nobody]),
        ("JudgeApplications", [Reach::School, Reach::School, Reach::Nobody]),
        ("KeepPhotos", [Reach::School, Reach::School, Reach::Nobody]),
        ("PlaceOrders", [Reach::School, Reach::School, Reach::Nobody]),
        ("ApproveOrders", [Reach::School, Reach::Nobody, Reach::Nobody]),
        ("MakeSlips", [Reach::School, Reach::School, Reach::Nobody]),
        ("HandOutSlips", [Reach::School, Reach::School, Reach::OwnClass]),
        ("RevokeCards", [Reach::School, Reach::School, Reach::Nobody]),
        ("HandOutPortalLogins", [Reach::School, Reach::School, Reach::OwnClass]),
        ("ReadNotices", [Reach::School, Reach::School, Reach::Nobody]),
        ("ReadSchool", [Reach::School, Reach::School, Reach::Nobody]),
        ("EditSchool", [Reach::School, Reach::Nobody, Reach::Nobody]),
        ("KeepStaff", [Reach::School, Reach::Nobody, Reach::Nobody]),
        ("KeepTokens", [Reach::School, Reach::Nobody, Reach::Nobody]),
        ("ReadAudit", [Reach::School, Reach::Nobody, Reach::Nobody]),
        ("ExportPupils", [Reach::School, Reach::School, Reach::Nobody]),
        ("ErasePupils", [Reach::School, Reach::Nobody, Reach::Nobody]),
    ];

    #[test]
    fn every_row_says_what_it_should() {
        assert_eq!(EXPECTED.len(), Right::ALL.len());
        for (right, (name, reaches)) in Right::ALL.iter().zip(EXPECTED) {
            assert_eq!(right.name(), *name);
            let roles = [Role::Principal, Role::Clerk, Role::Tutor];
            assert_eq!(roles.map(|role| right.reach(role)), *reaches, "{name}");
        }
    }

    #[test]
    fn a_tutor_changes_nothing_in_the_books() {
        let allowed = [Right::ReadPupils, Right::HandOutSlips, Right::HandOutPortalLogins];
        for right in Right::ALL {
            let expected = if allowed.contains(right) { Reach::OwnClass } else { Reach::Nobody };
            assert_eq!(right.reach(Role::Tutor), expected, "{}", right.name());
        }
    }

    #[test]
    fn a_minor_looks_and_an_adult_decides() {
        use PortalRight::{DropDevice, LookAtCard, SendPhoto, ShowCode};
        use Viewer::{AdultPupil, Guardian, GuardianOfAdult, MinorPupil};
        let held = |viewer| [LookAtCard, ShowCode, DropDevice, SendPhoto].map(|right| right.held_by(viewer));
        assert_eq!(held(Guardian), [true, true, true, true]);
        assert_eq!(held(GuardianOfAdult), [true, false, false, false]);
        assert_eq!(held(AdultPupil), [true, true, true, true]);
        assert_eq!(held(MinorPupil), [true, true, true, false]);
    }
}
