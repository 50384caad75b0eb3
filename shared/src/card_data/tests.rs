//! What a phone may rely on when it reads a card.

use std::collections::BTreeSet;

use jiff::civil::date;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

pub(crate) fn sample() -> CardData {
    CardData {
        salt: Salt::from_bytes((0..16).collect()).unwrap(),
        given_names: PersonName::parse("Żaneta Maria").unwrap(),
        surname: PersonName::parse("O'Neill-Kowalska").unwrap(),
        pesel: Pesel::parse("20222922241").unwrap(),
        card_number: CardNumber::new(2026, 123).unwrap(),
        card_form: CardForm::Plastic,
        school: SchoolOnCard {
            name: SchoolName::parse("Szkoła Podstawowa nr 1 im. \"Orląt\"").unwrap(),
            rspo: Rspo::parse("12345").unwrap(),
            address: PostalAddress::new("ul. Szkolna 1", "00-950", "Warszawa").unwrap(),
        },
        home_address: PostalAddress::new("Zdroje 7", "59-630", "Mirsk").unwrap(),
        validity: ValidityPeriod::new(date(2026, 11, 21), date(2027, 9, 30)).unwrap(),
        photo: CardPhoto::from_jpeg(vec![0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 0xff, 0xd9]).unwrap(),
        profile_id: ProfileId::parse("legacy-2019").unwrap(),
    }
}

fn sample_json() -> Value {
    serde_json::from_slice(&sample().to_bytes()).unwrap()
}

/// The sample with the member at `pointer` set to `value`.
fn with(pointer: &str, value: Value) -> Result<CardData, CardDataError> {
    let mut json = sample_json();
    *json.pointer_mut(pointer).unwrap() = value;
    CardData::from_bytes(json.to_string().as_bytes())
}

fn without(member: &str) -> Result<CardData, CardDataError> {
    let mut json = sample_json();
    json.as_object_mut().unwrap().remove(member).unwrap();
    CardData::from_bytes(json.to_string().as_bytes())
}

#[test]
fn what_was_written_is_read_back_and_written_alike() {
    let bytes = sample().to_bytes();
    let read = CardData::from_bytes(&bytes).unwrap();
    assert_eq!(read, sample());
    assert_eq!(read.to_bytes(), bytes);
    assert_eq!(read.birth_date(), date(2020, 2, 29));
}

#[test]
fn a_photo_that_was_kept_elsewhere_comes_back_to_its_place() {
    let card = sample();
    let kept = card.to_bytes_without_photo();
    assert!(serde_json::from_slice::<Value>(&kept).unwrap().get("photo").is_none());
    assert_eq!(with_photo(&kept, &card.photo), card.to_bytes());
    let other = CardPhoto::from_jpeg(vec![0xff, 0xd8, 0xff, 0xe0, 9, 0xff, 0xd9]).unwrap();
    let shown = CardData::from_bytes(&with_photo(&kept, &other)).unwrap();
    assert_eq!(shown, CardData { photo: other, ..card });
}

#[test]
fn the_digest_is_of_the_bytes_as_they_are() {
    // FIPS 180-4's example "abc".
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let hex: String = CardData::digest(b"abc").iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, abc);
    let (mut salted, bytes) = (sample(), sample().to_bytes());
    salted.salt = Salt::from_bytes(vec![9; 16]).unwrap();
    assert_ne!(CardData::digest(&bytes), CardData::digest(&salted.to_bytes()));
}

#[test]
fn every_member_is_checked() {
    let cases = [
        ("/simulator", json!("dokument"), CardDataError::Member("simulator")),
        ("/salt", json!("AAAA"), CardDataError::Member("salt")),
        ("/profile_id", json!("Legacy 2019"), CardDataError::Member("profile_id")),
        ("/given_names", json!("Jan2"), CardDataError::Member("given_names")),
        ("/surname", json!(""), CardDataError::Member("surname")),
        ("/pesel", json!("20222922242"), CardDataError::Member("pesel")),
        ("/birth_date", json!("29.02.2020"), CardDataError::Member("birth_date")),
        ("/birth_date", json!("20200229"), CardDataError::Member("birth_date")),
        ("/birth_date", json!("2020-02-29T12:00"), CardDataError::Member("birth_date")),
        ("/birth_date", json!("2020-02-28"), CardDataError::BirthDateMismatch),
        ("/status", json!("student"), CardDataError::Member("status")),
        ("/card_number", json!("123-2026"), CardDataError::Member("card_number")),
        ("/card_form", json!("stone"), CardDataError::Member("card_form")),
        ("/school/name", json!("a\nb"), CardDataError::Member("school.name")),
        ("/school/rspo", json!(0), CardDataError::Member("school.rspo")),
        ("/school/address/postal_code", json!("00950"), CardDataError::Member("school.address")),
        ("/home_address/city", json!(""), CardDataError::Member("home_address")),
        ("/issued_on", json!("2026-02-30"), CardDataError::Member("issued_on")),
        ("/valid_until", json!("yesterday"), CardDataError::Member("valid_until")),
        ("/valid_until", json!("2026-11-20"), CardDataError::Validity(ValidityError::EndsBeforeItStarts)),
        ("/photo", json!("iVBORw0KGgo"), CardDataError::Member("photo")),
        ("/schema_version", json!(2), CardDataError::UnknownVersion(2)),
    ];
    for (pointer, value, error) in cases {
        assert_eq!(with(pointer, value.clone()), Err(error), "{pointer} = {value}");
    }
}

#[test]
fn missing_members_and_wrong_types_are_refused() {
    let members: Vec<String> = sample_json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(members.len(), 16);
    for member in &members {
        assert!(matches!(without(member), Err(CardDataError::Malformed { .. })), "{member}");
        let null = with(&format!("/{member}"), Value::Null);
        assert!(matches!(null, Err(CardDataError::Malformed { .. })), "{member}");
    }
}

#[test]
fn doubled_members_are_refused_and_unknown_ones_passed_over() {
    let text = String::from_utf8(sample().to_bytes()).unwrap();
    let doubled = text.replacen('{', r#"{"pesel":"44051401359","#, 1);
    assert!(matches!(CardData::from_bytes(doubled.as_bytes()), Err(CardDataError::Malformed { .. })));
    let extended = text.replacen('{', r#"{"fare_relief":{"percent":49},"#, 1);
    assert_eq!(CardData::from_bytes(extended.as_bytes()), Ok(sample()));
}

#[test]
fn a_later_version_is_named_even_if_its_members_differ() {
    let later = br#"{"schema_version":7,"pesel":[1,2,3]}"#;
    assert_eq!(CardData::from_bytes(later), Err(CardDataError::UnknownVersion(7)));
}

#[test]
fn size_is_bounded_before_anything_is_read() {
    let mut bytes = sample().to_bytes();
    bytes.resize(MAX_BYTES, b' ');
    assert_eq!(CardData::from_bytes(&bytes), Ok(sample()));
    bytes.push(b' ');
    assert_eq!(CardData::from_bytes(&bytes), Err(CardDataError::TooLarge));
}

#[test]
fn the_largest_card_fits() {
    let mut photo = vec![0; CardPhoto::MAX_BYTES];
    photo[..3].copy_from_slice(&[0xff, 0xd8, 0xff]);
    photo[CardPhoto::MAX_BYTES - 2..].copy_from_slice(&[0xff, 0xd9]);
    let mut largest = sample();
    largest.salt = Salt::from_bytes(vec![0xff; 64]).unwrap();
    largest.photo = CardPhoto::from_jpeg(photo).unwrap();
    // Four bytes a character is the most that UTF-8 needs.
    largest.school.name = SchoolName::parse(&"𝒜".repeat(SchoolName::MAX_CHARS)).unwrap();
    largest.given_names = PersonName::parse(&"𝒜".repeat(PersonName::MAX_CHARS)).unwrap();
    largest.surname = largest.given_names.clone();
    let street = "𝒜".repeat(PostalAddress::MAX_STREET_CHARS);
    let city = "𝒜".repeat(PostalAddress::MAX_CITY_CHARS);
    largest.home_address = PostalAddress::new(&street, "00-000", &city).unwrap();
    largest.school.address = largest.home_address.clone();
    let bytes = largest.to_bytes();
    assert!(bytes.len() <= MAX_BYTES, "{}", bytes.len());
    assert_eq!(CardData::from_bytes(&bytes), Ok(largest));
}

#[test]
fn printing_a_card_and_failing_to_read_one_tell_no_personal_data() {
    let printed = format!("{:?}", sample());
    for told in ["Żaneta", "Neill", "20222922241", "Zdroje", "2020", "123/2026"] {
        assert!(!printed.contains(told), "{printed}");
    }
    for (pointer, value) in [("/pesel", json!("20222922249")), ("/school/rspo", json!("Zdroje 7"))] {
        let refusal = with(pointer, value).unwrap_err();
        let told = format!("{refusal} {refusal:?}");
        assert!(!told.contains("2022") && !told.contains("Zdroje"), "{told}");
    }
}

/// Judges `instance` by the keywords that the schema uses; an unknown keyword fails, so none is passed over.
fn judge(root: &Value, schema: &Value, instance: &Value, at: &str) {
    for (keyword, rule) in schema.as_object().unwrap() {
        match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "pattern" | "format"
            | "contentEncoding" | "contentMediaType" => {}
            "$ref" => {
                let target = root.pointer(rule.as_str().unwrap().trim_start_matches('#')).unwrap();
                judge(root, target, instance, at);
            }
            "type" => {
                let kind = match instance {
                    Value::String(_) => "string",
                    Value::Object(_) => "object",
                    Value::Number(number) if number.is_u64() => "integer",
                    other => panic!("{at}: {other} has no place on a card"),
                };
                assert_eq!(rule, kind, "{at}");
            }
            "const" => assert_eq!(rule, instance, "{at}"),
            "enum" => assert!(rule.as_array().unwrap().contains(instance), "{at}"),
            "minimum" => assert!(instance.as_u64() >= rule.as_u64(), "{at}"),
            "maximum" => assert!(instance.as_u64() <= rule.as_u64(), "{at}"),
            "minLength" => assert!(length(instance) >= rule.as_u64().unwrap(), "{at}"),
            "maxLength" => assert!(length(instance) <= rule.as_u64().unwrap(), "{at}"),
            "required" => {
                let wanted: BTreeSet<&str> =
                    rule.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
                let found: BTreeSet<&str> =
                    instance.as_object().unwrap().keys().map(String::as_str).collect();
                assert_eq!(wanted, found, "{at}");
            }
            "properties" => {
                let described: BTreeSet<&String> = rule.as_object().unwrap().keys().collect();
                let found: BTreeSet<&String> = instance.as_object().unwrap().keys().collect();
                assert_eq!(described, found, "{at}");
                for (name, member_schema) in rule.as_object().unwrap() {
                    judge(root, member_schema, &instance[name], &format!("{at}/{name}"));
                }
            }
            other => panic!("{at}: this test does not know the keyword {other}"),
        }
    }
}

fn length(instance: &Value) -> u64 {
    u64::try_from(instance.as_str().unwrap().chars().count()).unwrap()
}

#[test]
fn a_card_has_exactly_the_members_of_the_published_schema() {
    let schema: Value = serde_json::from_str(include_str!("../../docs/card.schema.json")).unwrap();
    judge(&schema, &schema, &sample_json(), "");
}

#[test]
fn the_published_limits_are_those_of_the_code() {
    let schema: Value = serde_json::from_str(include_str!("../../docs/card.schema.json")).unwrap();
    let limit =
        |pointer: &str| schema.pointer(pointer).unwrap().as_u64().map(|n| usize::try_from(n).unwrap());
    assert_eq!(limit("/$defs/person_name/maxLength"), Some(PersonName::MAX_CHARS));
    assert_eq!(limit("/properties/school/properties/name/maxLength"), Some(SchoolName::MAX_CHARS));
    assert_eq!(
        limit("/$defs/address/properties/street_line/maxLength"),
        Some(PostalAddress::MAX_STREET_CHARS)
    );
    assert_eq!(limit("/$defs/address/properties/city/maxLength"), Some(PostalAddress::MAX_CITY_CHARS));
    assert_eq!(limit("/properties/photo/maxLength"), Some(CardPhoto::MAX_BYTES / 3 * 4));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        prop_assert!(CardData::from_bytes(&bytes).is_err());
    }

    #[test]
    fn one_changed_byte_changes_the_digest_and_never_panics(at in any::<prop::sample::Index>(), to: u8) {
        let mut bytes = sample().to_bytes();
        let digest = CardData::digest(&bytes);
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        prop_assert_ne!(CardData::digest(&bytes), digest);
        let _ = CardData::from_bytes(&bytes);
    }
}
