//! The vectors of every kind, and fuzzing of all of them.

use std::collections::BTreeSet;
use std::time::Instant;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::types::{ChoiceMethod, OrderMethod};

fn number(input: &str, key: Value, locale: &str) -> Judged {
    let (body, key) = check(Kind::Number, &json!({}), &key).unwrap();
    judge(Kind::Number, &body, &key, &json!(input), locale)
}

fn text(input: &str, key: Value) -> Verdict {
    let (body, key) = check(Kind::Text, &json!({}), &key).unwrap();
    judge(Kind::Text, &body, &key, &json!(input), "ru").verdict
}

use Verdict::{Invalid, Partial, Pending, Right, Wrong};

/// LRN-16
#[test]
fn numbers_are_read_as_people_write_them() {
    let plain = |value: &str| json!({"values": [value]});
    for (name, input, key, verdict) in [
        ("N1", "0,5", plain("1/2"), Right),
        ("N2", " .5 ", plain("1/2"), Right),
        ("N3", "5.", plain("5"), Right),
        ("N4", "1/2", plain("0.5"), Right),
        ("N5", "½", plain("0.5"), Right),
        ("N6", "1½", plain("1.5"), Right),
        ("N7", "1 1/2", plain("1.5"), Right),
        ("N8", "3/0", plain("1"), Invalid),
        ("N9", "\u{2212}12", plain("-12"), Right),
        ("N10", "--12", plain("-12"), Invalid),
        ("N11", "1\u{A0}234,5", plain("1234.5"), Right),
        ("N12", "1\u{202F}234\u{202F}567", plain("1234567"), Right),
        ("N13", "12 34", plain("1234"), Invalid),
        ("N14", "1'000", plain("1000"), Right),
        ("N15", "1.234,56", plain("1234.56"), Right),
        ("N16", "1,234.56", plain("1234.56"), Right),
        ("N17", "1,234", plain("1234"), Wrong),
        ("N20", "1,234,567", plain("1234567"), Right),
        ("N21", "25%", json!({"values": [25], "percent": "number"}), Right),
        ("N22", "25 %", json!({"values": [0.25], "percent": "fraction"}), Right),
        ("N23", "25%", plain("25"), Invalid),
        ("N24", "1,2·10^3", plain("1200"), Right),
        ("N25", "1.2×10³", plain("1200"), Right),
        ("N26", "1,2\u{435}-3", plain("0.0012"), Right),
        ("N27", "3,13", json!({"values": ["3.14"], "abs": "0.01"}), Right),
        ("N28", "3,1299", json!({"values": ["3.14"], "abs": "0.01"}), Wrong),
        ("N29", "98", json!({"values": ["100"], "rel": 0.02}), Right),
        ("N30", "0,001", json!({"values": ["0"], "rel": "0.02"}), Wrong),
        ("N31", "2,345", json!({"values": ["2.35"], "digits": 3}), Right),
        ("N32", "2,3449", json!({"values": ["2.35"], "digits": 3}), Wrong),
        ("N35", "x = 7", plain("7"), Right),
        ("N36", "٣٫٥", plain("3.5"), Right),
        ("N37", "１２", plain("12"), Right),
        ("N38", "1e400", plain("1"), Invalid),
        ("N39", "", plain("12"), Invalid),
        ("N39b", "двенадцать", plain("12"), Invalid),
    ] {
        let judged = number(input, key, "ru");
        assert_eq!(judged.verdict, verdict, "{name}: {judged:?}");
        assert_eq!(judged.hint.is_some(), verdict == Invalid, "{name}");
    }
    let in_english = number("1,234", plain("1234"), "en");
    assert_eq!(
        (in_english.verdict, in_english.read_as.as_deref()),
        (Right, Some("1.234 | 1234")),
        "N18"
    );
    assert_eq!(number("1.234", plain("1234"), "en").verdict, Wrong, "N19");
    assert_eq!(number("1,234", plain("1234"), "ru").read_as.as_deref(), Some("1.234"), "N17");
}

/// LRN-16
#[test]
fn units_convert_and_unknown_ones_are_told() {
    let key = |unit: &str| {
        json!({"values": ["5000"], "unit": unit,
            "units": [{"spelling": "км", "factor": 1000}, {"spelling": "м", "factor": "1"}]})
    };
    assert_eq!(number("5 км", key("optional"), "ru").verdict, Right, "N33");
    assert_eq!(number("5000м", key("required"), "ru").verdict, Right);
    assert_eq!(number("5000", key("required"), "ru").hint, Some(Hint::UnitMissing), "N34");
    assert_eq!(number("5000", key("optional"), "ru").verdict, Right);
    assert_eq!(number("5 миль", key("required"), "ru").hint, Some(Hint::UnitUnknown));
    assert_eq!(number("5 дм", key("required"), "ru").hint, Some(Hint::UnitUnknown));
    assert_eq!(number("5 км", json!({"values": [5000]}), "ru").hint, Some(Hint::UnitUnknown));
    // Signs in a unit are read as those of the answer are.
    for unit in ["Н·м", "Н⋅м", "кВт·ч", "Дж/(кг·К)", "м²", "arc’", "m−1"] {
        let key = json!({"values": ["5"], "unit": "required", "units": [{"spelling": unit, "factor": 1}]});
        assert_eq!(number(&format!("5 {unit}"), key.clone(), "ru").verdict, Right, "{unit}");
        assert_eq!(number(&format!("0,5·10 {unit}"), key, "ru").verdict, Invalid, "{unit}");
    }
    let (body, _) = check(Kind::Number, &json!({"units": ["lie"]}), &key("required")).unwrap();
    assert_eq!(body, json!({"unit": "required", "units": ["км", "м"]}), "the body follows the key");
}

#[test]
fn lists_ranges_fractions_and_given_digits_are_judged() {
    let roots = json!({"values": [2, -3], "mode": "all"});
    assert_eq!(number("-3; 2", roots.clone(), "ru").verdict, Right);
    assert_eq!(number("2; -3; 4", roots.clone(), "ru").verdict, Wrong);
    assert_eq!(number("x1 = 2; x₂ = −3", roots.clone(), "ru").verdict, Right, "each has a name");
    assert_eq!(number("x = 2; -3", roots.clone(), "ru").verdict, Right);
    assert_eq!(number("2", roots, "ru").verdict, Wrong);
    let near = json!({"values": ["1", "1.5"], "mode": "all", "abs": "0.5"});
    assert_eq!(number("1,5; 1", near.clone(), "ru").verdict, Right);
    assert_eq!(number("1,25; 0,5", near, "ru").verdict, Right, "each finds a place of its own");
    assert_eq!(number("2; 3", json!({"values": [2]}), "ru").hint, Some(Hint::OneNumber));
    let range = json!({"intervals": [{"from": 1, "to": "2", "to_open": true}]});
    for (input, verdict) in [("1", Right), ("1,999", Right), ("2", Wrong), ("0,99", Wrong)] {
        assert_eq!(number(input, range.clone(), "ru").verdict, verdict, "{input}");
    }
    let reduced = json!({"values": ["1/2"], "fractions": "require_reduced"});
    assert_eq!(number("2/4", reduced.clone(), "ru").hint, Some(Hint::FractionNotReduced));
    assert_eq!(number("1/2", reduced, "ru").verdict, Right);
    let decimal = json!({"values": ["0.5"], "fractions": "forbid"});
    assert_eq!(number("½", decimal, "ru").hint, Some(Hint::FractionForbidden));
    let precise = json!({"values": ["2.40"], "digits": 3, "min_given": true});
    assert_eq!(number("2,4", precise.clone(), "ru").hint, Some(Hint::MoreDigits));
    assert_eq!(number("2,40", precise.clone(), "ru").verdict, Right);
    assert_eq!(number("0,0240e2", precise, "ru").verdict, Right);
    assert_eq!(number("0.333 333", json!({"values": ["1/3"], "abs": "1e-6"}), "ru").verdict, Right);
}

/// LRN-16
#[test]
fn texts_are_folded_until_only_what_matters_is_left() {
    let of = |variant: &str| json!({"variants": [{"text": variant}]});
    let with = |variant: &str, option: &str, on: bool| json!({"variants": [{"text": variant}], option: on});
    for (name, input, key, verdict) in [
        ("T1", "  Пушкин ", of("пушкин"), Right),
        ("T2", "ПУШКИН.", of("Пушкин"), Right),
        ("T3", "елка", of("ёлка"), Right),
        ("T4", "елка", with("ёлка", "yo_distinct", true), Wrong),
        ("T5", "Moсква", of("Москва"), Right),
        ("T6", "Moсква", with("Москва", "lookalikes", false), Wrong),
        ("T7", "рН", with("pH", "case_sensitive", true), Right),
        ("T8", "PH", with("pH", "case_sensitive", true), Wrong),
        ("T9", "O'zbekiston", of("Oʻzbekiston"), Right),
        ("T9b", "O`zbekiston", of("Oʻzbekiston"), Right),
        ("T9c", "O´zbekiston", of("Oʻzbekiston"), Right),
        ("T10", "Ozbekiston", of("Oʻzbekiston"), Wrong),
        ("T11", "ma’no", of("maʼno"), Right),
        ("T12", "שָׁלוֹם", of("שלום"), Right),
        ("T12b", "\u{FB2A}לום", of("שלום"), Right),
        ("T13", "תל־אביב", of("תל-אביב"), Right),
        ("T14", "cafe\u{301}", of("café"), Right),
        ("T15", "STRASSE", of("Straße"), Right),
        ("T16", "«Война и мир»", of("Война и мир"), Right),
        ("T16b", "война  и\u{A0}мир", of("Война и мир"), Right),
        ("T17", "\u{200B}\u{200B}", of("x"), Invalid),
        ("T18", "не слышать", of("неслышать"), Wrong),
        ("T18b", "не слышать", with("неслышать", "ignore_spaces", true), Right),
        ("T19", "צהל", of("צה\"ל"), Right),
        ("T19b", "צה״ל", of("צה\"ל"), Right),
        ("digits", "3, 1 4", with("134", "digits_any_order", true), Right),
        ("digits twice", "1134", with("134", "digits_any_order", true), Wrong),
    ] {
        assert_eq!(text(input, key), verdict, "{name}");
    }
}

#[test]
fn variants_and_patterns_have_shares_and_words_of_their_own() {
    let key = json!({
        "variants": [{"text": "photosynthesis"}, {"text": "synthesis", "score": "0.5", "feedback": "Of what?"}],
        "patterns": [{"pattern": "photo ?syn.*"}], "near_miss": true
    });
    let (body, key) = check(Kind::Text, &json!({}), &key).unwrap();
    let say = |answer: &str| judge(Kind::Text, &body, &key, &json!(answer), "en");
    let half = say("Synthesis");
    assert_eq!(
        (half.verdict, half.score, half.feedback.as_deref()),
        (Partial, Score::new(1, 2), Some("Of what?"))
    );
    assert_eq!(say("PHOTO SYNTHETIC").verdict, Right);
    assert_eq!(say("a photo synthesis").verdict, Wrong, "anchored");
    let near = say("phtosynthesis");
    assert_eq!((near.verdict, near.hint), (Wrong, Some(Hint::Almost)));
}

/// LRN-16
#[test]
fn patterns_of_schools_fit_and_are_held_against_short_answers_only() {
    let held =
        |pattern: &str, answer: &str| text(answer, json!({"patterns": [{"pattern": pattern}]}));
    assert_eq!(held(r"[а-яё]+ \d{1,4} г\.?", "в 1812 г."), Right);
    assert_eq!(held(r"oʻqi(sh|ydi)", "oʻqish"), Right);
    assert_eq!(held(r"\w+", "שלום"), Right);
    assert_eq!(held("a+", &"a".repeat(200)), Right);
    assert_eq!(held("a+", &"a".repeat(201)), Wrong);
}

/// What an author may try costs little, whatever is written as a pattern.
#[test]
fn the_worst_patterns_and_the_longest_answers_are_judged_at_once() {
    let patterns = vec![json!({"pattern": "(?:a?a?a?a?a?){25}b"}); 10];
    let variants = vec![json!({"text": format!("{}c", "a".repeat(199))}); 50];
    let key = json!({"patterns": patterns, "variants": variants, "near_miss": true});
    let began = Instant::now();
    for length in [200, 1000] {
        assert_ne!(text(&"a".repeat(length), key.clone()), Right);
    }
    assert!(began.elapsed().as_millis() < 2000, "{:?}", began.elapsed());
}

fn set<'a>(letters: &'a [&'a str]) -> BTreeSet<&'a str> {
    letters.iter().copied().collect()
}

/// LRN-11
#[test]
fn chosen_options_are_scored_by_the_method() {
    use ChoiceMethod::{Balanced, Each, EachMinus, Ege2, Exact, Penalty};
    let right = set(&["A", "C"]);
    let methods = [Exact, Penalty, Balanced, Each, EachMinus, Ege2];
    for (name, chosen, expected) in [
        ("C1", set(&["A", "C"]), [(1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (1, 1)]),
        ("C2", set(&["A"]), [(0, 1), (1, 2), (1, 2), (4, 5), (3, 5), (1, 2)]),
        ("C3", set(&["A", "B"]), [(0, 1), (0, 1), (1, 6), (3, 5), (1, 5), (1, 2)]),
        ("C4", set(&["A", "B", "C"]), [(0, 1), (1, 2), (2, 3), (4, 5), (3, 5), (1, 2)]),
        ("C5", set(&["A", "B", "C", "D", "E"]), [(0, 1), (0, 1), (0, 1), (2, 5), (0, 1), (0, 1)]),
        ("C6", set(&[]), [(0, 1), (0, 1), (0, 1), (3, 5), (1, 5), (0, 1)]),
        ("C7", set(&["B", "D"]), [(0, 1), (0, 1), (0, 1), (1, 5), (0, 1), (0, 1)]),
    ] {
        for (method, (num, den)) in methods.into_iter().zip(expected) {
            let score = choice::score(method, 5, &right, &chosen);
            assert_eq!(score, Score::new(num, den), "{name} {method:?}");
        }
    }
}

fn options(ids: &[&str]) -> Value {
    ids.iter().map(|id| json!({"id": id, "text": id})).collect()
}

#[test]
fn weights_are_summed_and_those_that_reward_selecting_everything_are_refused() {
    let body = json!({"options": options(&["A", "B", "C", "D"])});
    let key = |c: &str, d: &str| {
        json!({"right": ["A", "B"], "method": "weights",
            "weights": {"A": "1/2", "B": "1/2", "C": c, "D": d}})
    };
    let (shown, good) = check(Kind::Choices, &body, &key("-1/2", "-1/2")).unwrap();
    let judged = judge(Kind::Choices, &shown, &good, &json!(["A", "B", "C"]), "en");
    assert_eq!((judged.verdict, judged.score), (Partial, Score::new(1, 2)), "C8");
    let faults = check(Kind::Choices, &body, &key("0", "0")).unwrap_err();
    assert_eq!(faults[0].field, "key.weights", "C9");
}

#[test]
fn a_choice_that_cannot_be_is_given_back() {
    let body = json!({"options": options(&["A", "B", "C"]), "pick": 2});
    let (body, key) = check(Kind::Choices, &body, &json!({"right": ["A", "B"]})).unwrap();
    let say = |answer: Value| judge(Kind::Choices, &body, &key, &answer, "en");
    assert_eq!(say(json!(["B", "A"])).verdict, Right);
    assert_eq!(say(json!(["A", "C"])).verdict, Wrong);
    for (answer, hint) in [
        (json!([]), Hint::Empty),
        (json!(["A"]), Hint::ChooseMore),
        (json!(["A", "B", "C"]), Hint::ChooseFewer),
        (json!(["A", "X"]), Hint::UnknownOption),
        (json!(["A", "A"]), Hint::Shape),
        (json!("A"), Hint::Shape),
        (json!([1, 2]), Hint::Shape),
    ] {
        assert_eq!(say(answer.clone()).hint, Some(hint), "{answer}");
    }
    let body = json!({"options": options(&["T", "F"])});
    let (body, key) = check(Kind::Choice, &body, &json!({"right": ["T"]})).unwrap();
    assert_eq!(judge(Kind::Choice, &body, &key, &json!("T"), "en").verdict, Right);
    assert_eq!(judge(Kind::Choice, &body, &key, &json!("F"), "en").verdict, Wrong);
    assert_eq!(judge(Kind::Choice, &body, &key, &json!("x"), "en").verdict, Invalid);
}

#[test]
fn orders_are_scored_by_the_method() {
    use OrderMethod::{Absolute, Adjacent, Distance, Exact, Kendall, Longest};
    let methods = [Exact, Absolute, Adjacent, Longest, Kendall, Distance];
    for (name, order, expected) in [
        ("O1", [1, 2, 3, 4, 5], [(1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (1, 1)]),
        ("O2", [2, 1, 3, 4, 5], [(0, 1), (3, 5), (1, 2), (3, 4), (4, 5), (23, 25)]),
        ("O3", [5, 1, 2, 3, 4], [(0, 1), (0, 1), (3, 4), (3, 4), (1, 5), (17, 25)]),
        ("O4", [2, 3, 4, 5, 1], [(0, 1), (0, 1), (3, 4), (3, 4), (1, 5), (17, 25)]),
        ("O5", [1, 4, 2, 5, 3], [(0, 1), (1, 5), (0, 1), (1, 2), (2, 5), (19, 25)]),
        ("O6", [3, 4, 5, 1, 2], [(0, 1), (0, 1), (3, 4), (1, 2), (0, 1), (13, 25)]),
        ("O7", [5, 4, 3, 2, 1], [(0, 1), (1, 5), (0, 1), (0, 1), (0, 1), (13, 25)]),
    ] {
        let places = order.map(|place| place - 1);
        for (method, (num, den)) in methods.into_iter().zip(expected) {
            assert_eq!(order::score(method, &places), Score::new(num, den), "{name} {method:?}");
        }
    }
}

#[test]
fn an_order_that_was_not_touched_is_no_answer() {
    let body = json!({"items": options(&["b", "a", "c"])});
    let key = json!({"order": ["a", "b", "c"], "method": "longest"});
    let (body, key) = check(Kind::Order, &body, &key).unwrap();
    let seen = shown(Kind::Order, &body, &key, 7);
    let ids: Vec<&Value> = seen["items"].as_array().unwrap().iter().map(|i| &i["id"]).collect();
    assert_eq!(judge(Kind::Order, &seen, &key, &json!(ids), "en").hint, Some(Hint::NotMoved));
    assert_eq!(judge(Kind::Order, &seen, &key, &json!(["a", "b", "c"]), "en").verdict, Right);
    assert_eq!(
        judge(Kind::Order, &seen, &key, &json!(["a", "b"]), "en").hint,
        Some(Hint::Incomplete)
    );
    assert_eq!(
        judge(Kind::Order, &seen, &key, &json!(["a", "a", "b"]), "en").hint,
        Some(Hint::Shape)
    );
    let faults = check(Kind::Order, &body, &json!({"order": ["a", "b"]})).unwrap_err();
    assert_eq!(faults[0].field, "key.order");
}

#[test]
fn pairs_are_judged_one_by_one() {
    let body = json!({"left": options(&["l1", "l2"]), "right": options(&["r1", "r2", "r3"])});
    let (body, key) =
        check(Kind::Match, &body, &json!({"pairs": {"l1": "r1", "l2": "r2"}})).unwrap();
    let say = |answer: Value| judge(Kind::Match, &body, &key, &answer, "en");
    assert_eq!(say(json!({"l1": "r1", "l2": "r2"})).verdict, Right);
    let half = say(json!({"l1": "r1", "l2": "r3"}));
    assert_eq!((half.verdict, half.score), (Partial, Score::new(1, 2)));
    assert_eq!(half.parts.unwrap(), Parts::from([("l1".into(), true), ("l2".into(), false)]));
    assert_eq!(say(json!({"l1": "r1"})).hint, Some(Hint::Incomplete));
    assert_eq!(say(json!({"l1": "r1", "l2": "r1"})).hint, Some(Hint::UsedTwice));
    assert_eq!(say(json!({"l1": "r9", "l2": "r1"})).hint, Some(Hint::UnknownOption));
    assert!(check(Kind::Match, &body, &json!({"pairs": {"l1": "r1", "l2": "r1"}})).is_err());
}

/// LRN-13
#[test]
fn texts_and_files_wait_for_a_person() {
    let (body, key) =
        check(Kind::Free, &json!({"max_chars": 10}), &json!({"rubric": "Clear?"})).unwrap();
    assert_eq!(judge(Kind::Free, &body, &key, &json!("an essay"), "en").verdict, Pending);
    for blank in ["  ", "\u{200B}\u{200B}", " \u{2060}\n"] {
        assert_eq!(judge(Kind::Free, &body, &key, &json!(blank), "en").hint, Some(Hint::Empty));
    }
    assert_eq!(
        judge(Kind::Free, &body, &key, &json!("x".repeat(11)), "en").hint,
        Some(Hint::TooLong)
    );
    let (body, key) =
        check(Kind::File, &json!({"max_files": 1, "types": [".PDF"]}), &json!({})).unwrap();
    assert_eq!(body["types"], json!(["pdf"]));
    assert_eq!(judge(Kind::File, &body, &key, &json!({"files": ["u-1"]}), "en").verdict, Pending);
    assert_eq!(
        judge(Kind::File, &body, &key, &json!({"files": ["a", "b"]}), "en").hint,
        Some(Hint::ChooseFewer)
    );
    assert_eq!(judge(Kind::File, &body, &key, &json!({"files": []}), "en").hint, Some(Hint::Empty));
}

#[test]
fn every_fault_of_a_key_is_told_with_its_field() {
    let fields = |kind, body: Value, key: Value| {
        let faults = check(kind, &body, &key).unwrap_err();
        faults.into_iter().map(|fault| fault.field).collect::<Vec<_>>()
    };
    assert_eq!(fields(Kind::Number, json!({}), json!({"values": []})), ["key.values"]);
    assert_eq!(fields(Kind::Number, json!({}), json!({"values": ["x"]})), ["key"]);
    let long = format!("0.{}123", "0".repeat(59));
    assert_eq!(fields(Kind::Number, json!({}), json!({"values": [long]})), ["key"]);
    assert_eq!(fields(Kind::Number, json!({}), json!({"values": [1], "tolerance": 1})), ["key"]);
    assert_eq!(
        fields(Kind::Number, json!({}), json!({"values": [1], "abs": -1, "digits": 31})),
        ["key.abs", "key.digits"]
    );
    assert_eq!(
        fields(Kind::Text, json!({}), json!({"patterns": [{"pattern": "("}]})),
        ["key.patterns[0].pattern"]
    );
    for bomb in ["(?:a{1000}){1000}", r"(?:\w\w){50}", &"a".repeat(201)] {
        let bomb = json!({"patterns": [{"pattern": bomb}]});
        assert_eq!(fields(Kind::Text, json!({}), bomb), ["key.patterns[0].pattern"]);
    }
    let many = vec![json!({"pattern": "a"}); 11];
    assert_eq!(fields(Kind::Text, json!({}), json!({"patterns": many})), ["key.patterns"]);
    assert_eq!(
        fields(Kind::Text, json!({}), json!({"variants": [{"text": "a", "score": "0.5"}]})),
        ["key.variants"]
    );
    let body = json!({"options": options(&["a", "a", "ф"])});
    assert_eq!(
        fields(Kind::Choice, body, json!({"right": ["b"]})),
        ["body.options[1].id", "body.options[2].id", "key.right"]
    );
    assert_eq!(fields(Kind::File, json!({"max_files": 99}), json!({})), ["body.max_files"]);
}

#[test]
fn an_exact_number_is_written_as_it_is() {
    for (text, written) in
        [("0,50", "0.5"), ("-1/3", "-1/3"), ("1.2e-3", "0.0012"), ("2/4", "0.5"), ("10^3", "1000")]
    {
        assert_eq!(Exact::parse(text).unwrap().to_string(), written, "{text}");
    }
    assert_eq!(Score::new(2, 6), Score { num: 1, den: 3 });
    assert_eq!(Score::new(1, 3).of(10), 3.3333);
    assert_eq!(Score::new(2, 3).of(1), 0.6667);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,80}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[0-9 .,'%/eE^*+-]{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-c]{1,2}", inner, 0..6)
                .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

fn tasks() -> Vec<(Kind, Value, Value)> {
    let abc = options(&["a", "b", "c"]);
    let units = json!([{"spelling": "km", "factor": 1000}]);
    [
        (Kind::Number, json!({}), json!({"values": [1, "1/3"], "mode": "all", "rel": "0.1", "digits": 2, "unit": "optional", "units": units})),
        (Kind::Number, json!({}), json!({"values": [1], "percent": "fraction", "fractions": "require_reduced"})),
        (Kind::Text, json!({}), json!({"variants": [{"text": "Oʻzbekiston"}, {"text": "Москва"}], "patterns": [{"pattern": "a+b*"}], "near_miss": true})),
        (Kind::Choice, json!({"options": abc}), json!({"right": ["a"]})),
        (Kind::Choices, json!({"options": abc}), json!({"right": ["a", "b"], "method": "balanced"})),
        (Kind::Order, json!({"items": abc}), json!({"order": ["b", "a", "c"], "method": "kendall"})),
        (Kind::Match, json!({"left": abc, "right": abc}), json!({"pairs": {"a": "a", "b": "c", "c": "b"}})),
        (Kind::Free, json!({}), json!({})),
        (Kind::File, json!({}), json!({})),
    ]
    .into_iter()
    .map(|(kind, body, key)| {
        let (body, key) = check(kind, &body, &key).unwrap();
        (kind, body, key)
    })
    .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// Whatever is answered, something is said about it, and the share is one.
    #[test]
    fn any_answer_is_judged(answer in any_json(), locale in prop::sample::select(vec!["ru", "en", "xx"])) {
        for (kind, body, key) in tasks() {
            let judged = judge(kind, &body, &key, &answer, locale);
            prop_assert!(judged.score.den > 0 && judged.score.num <= judged.score.den);
            prop_assert_eq!(judged.verdict == Verdict::Right, judged.score == Score::ONE);
            prop_assert!(judged.verdict != Verdict::Invalid || judged.hint.is_some());
            prop_assert!(judged.normal.chars().count() <= 8000);
        }
    }

    /// Whatever is written as a task, it is refused or can be judged.
    #[test]
    fn any_key_is_checked(body in any_json(), key in any_json()) {
        for kind in [Kind::Number, Kind::Text, Kind::Choice, Kind::Choices, Kind::Order, Kind::Match, Kind::Free, Kind::File] {
            if let Ok((body, key)) = check(kind, &body, &key) {
                let again = check(kind, &body, &key).unwrap();
                prop_assert_eq!(again, (body, key), "stored as it is checked");
            }
        }
    }

    /// What is read as a number is read the same when it is written back.
    #[test]
    fn a_number_written_back_is_the_same(num in -10_000_i64..10_000, places in 0_u32..6) {
        let text = format!("{num}/{}", 10_i64.pow(places));
        let exact = Exact::parse(&text).unwrap();
        prop_assert_eq!(Exact::parse(&exact.to_string()).unwrap(), exact);
    }

    /// What is right under every method is exactly the key, and no score leaves 0..=1.
    #[test]
    fn scores_stay_within_bounds(right in prop::collection::btree_set(0_u8..6, 1..6), chosen in prop::collection::btree_set(0_u8..6, 0..6)) {
        const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
        let named = |ids: &BTreeSet<u8>| ids.iter().map(|id| NAMES[usize::from(*id)]).collect::<BTreeSet<_>>();
        for method in [ChoiceMethod::Exact, ChoiceMethod::Penalty, ChoiceMethod::Balanced, ChoiceMethod::Each, ChoiceMethod::EachMinus, ChoiceMethod::Ege2] {
            let score = choice::score(method, 6, &named(&right), &named(&chosen));
            prop_assert_eq!(score == Score::ONE, right == chosen);
        }
    }
}

/// Bounded: the longest input that is looked at is judged at once.
#[test]
fn the_longest_answers_are_judged_quickly() {
    let began = Instant::now();
    for (kind, body, key) in tasks() {
        for answer in [
            json!("9".repeat(64)),
            json!("é".repeat(1000)),
            json!("a".repeat(100_000)),
            json!("1/".repeat(32)),
        ] {
            for _ in 0..5 {
                judge(kind, &body, &key, &answer, "en");
            }
        }
    }
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}
