use std::fmt::Write;

use proptest::prelude::*;

use super::*;

const VTT: &str = "WEBVTT - Lesson 1\nKind: captions\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n\
    NOTE a comment\nover two lines\n\nSTYLE\n::cue { background: url(http://x/) }\n\n\
    intro\n00:01.000 --> 00:02.500 line:0 region:x align:start\n<v Ann>Hello, <b>world</b>!\n- And you?\n\n\
    00:00:03.000 --> 100:00:04.000\nOver &amp; out\n";

fn times(captions: &Captions) -> Vec<(u64, u64)> {
    captions.cues().iter().map(|cue| (cue.start_ms, cue.end_ms)).collect()
}

fn srt_of(captions: &Captions) -> String {
    let mut out = String::new();
    for (at, cue) in captions.cues().iter().enumerate() {
        let time = |ms| timing::render(ms).replace('.', ",");
        let _ = writeln!(
            out,
            "{}\r\n{} --> {}\r\n{}\r\n\r",
            at + 1,
            time(cue.start_ms),
            time(cue.end_ms),
            cue.text().replace('\n', "\r\n"),
        );
    }
    out
}

/// MED-11
#[test]
fn a_webvtt_file_is_read_and_written_back_plainly() {
    let captions = read(VTT.as_bytes()).unwrap();
    let expected = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500 line:0 align:start\n\
        Hello, <b>world</b>!\n- And you?\n\n\
        00:00:03.000 --> 100:00:04.000\nOver &amp; out\n\n";
    assert_eq!(captions.to_webvtt(), expected);
    assert_eq!(captions.cues()[1].plain(), "Over & out");
    assert_eq!(read(expected.as_bytes()).unwrap(), captions);
}

/// MED-11
#[test]
fn an_srt_file_is_read_with_what_editors_do_to_it() {
    let srt = "\u{feff}1\r\n00:00:01,000 --> 00:00:02,000 X1:40 X2:600 Y1:20 Y2:50\r\n\
        {\\an8}<font color=\"#fff\">Привет</font>\r\n\r\nпосле пустой строки\r\n\r\n\
        2\r\n00:00:02,5 --> 00:00:03\r\n<i>two</i>\r\n\
        3\r\n0:00:04.000-->0:00:05.000\r\nsee --> here\r\n\r\n\
        4\r\n00:00:06,000 --> 00:00:07,000\r\n\r\n5\r\n";
    let captions = read(srt.as_bytes()).unwrap();
    assert_eq!(times(&captions), [(1_000, 2_000), (2_500, 3_000), (4_000, 5_000)]);
    let texts: Vec<&str> = captions.cues().iter().map(Cue::text).collect();
    assert_eq!(texts, ["Привет\nпосле пустой строки", "<i>two</i>", "see --&gt; here"]);
}

#[test]
fn cues_out_of_order_are_put_in_order_and_overlapping_ones_stay() {
    let vtt = "WEBVTT\n\n00:05.000 --> 00:06.000\nlate\n\n00:01.000 --> 00:09.000\nlong\n\n\
        00:02.000 --> 00:03.000\nwithin\n";
    assert_eq!(
        times(&read(vtt.as_bytes()).unwrap()),
        [(1_000, 9_000), (2_000, 3_000), (5_000, 6_000)]
    );
}

#[test]
fn what_is_wrong_is_named_by_its_line() {
    let cue = "1\n00:00:01,000 --> 00:00:02,000\nfine\n\n";
    let of = |text: String| read(text.as_bytes()).unwrap_err();
    assert_eq!(
        of(format!("{cue}2\n00:00:04,000 --> 00:00:03,000\nx\n")),
        CaptionsError::EndsBeforeStart(6)
    );
    assert_eq!(
        of(format!("{cue}2\n00:00:04,000 --> 00:00:04,000\nx\n")),
        CaptionsError::EndsBeforeStart(6)
    );
    assert_eq!(of(format!("{cue}2\n00:00:61,000 --> 00:02:00,000\nx\n")), CaptionsError::Timing(6));
    assert_eq!(of(format!("{cue}2\nlater --> sooner\nx\n")), CaptionsError::Timing(6));
    assert_eq!(of(format!("{cue}2\nno times\n")), CaptionsError::TimingMissing(5));
    assert_eq!(
        of("WEBVTT\n\n00:01.000 --> 00:02.000\nfine\n\nlost text\n".into()),
        CaptionsError::TimingMissing(6)
    );
    let error = CaptionsError::EndsBeforeStart(6);
    assert_eq!(
        (error.line(), error.to_string().as_str()),
        (Some(6), "Line 6: the cue must end after it starts.")
    );
    let long = "x".repeat(MAX_CUE_BYTES + 1);
    assert_eq!(
        of(format!("{cue}2\n00:00:04,000 --> 00:00:05,000\n{long}\n")),
        CaptionsError::CueTooLong(6)
    );
    // It is the text that counts, not its lines, nor how it is written down.
    assert_eq!(
        of(format!("{cue}2\n00:00:04,000 --> 00:00:05,000\n{}\n", "<".repeat(MAX_CUE_BYTES / 3))),
        CaptionsError::CueTooLong(6)
    );
    let mut many = String::from("WEBVTT\n\n");
    for _ in 0..=MAX_CUES {
        many.push_str("00:01.000 --> 00:02.000\nx\n\n");
    }
    assert_eq!(of(many), CaptionsError::TooManyCues(MAX_CUES as u32 * 3 + 3));
}

#[test]
fn what_is_no_captions_is_refused() {
    for junk in [
        &b"[Script Info]\nTitle: x\n"[..],
        b"<html><body>00:00:01,000 --> 00:00:02,000</body></html>\n\n\n",
        b"\x00\x00\x00\x18ftypmp42",
        b"WEBVTTx\n\n00:01.000 --> 00:02.000\nx\n",
        b"%PDF-1.7\n",
        b"\xff\xfe\x00",
    ] {
        assert_eq!(read(junk).unwrap_err(), CaptionsError::NotCaptions, "{junk:?}");
    }
    for empty in
        ["", "\n\n", "WEBVTT", "WEBVTT\n\nNOTE x\n", "1\n00:00:01,000 --> 00:00:02,000\n\n"]
    {
        assert_eq!(read(empty.as_bytes()).unwrap_err(), CaptionsError::Empty, "{empty:?}");
    }
    assert_eq!(read(&vec![b'x'; MAX_BYTES + 1]).unwrap_err(), CaptionsError::TooLarge);
    // One that would not fit once it is written out.
    let mut grows = String::from("WEBVTT\n\n");
    while grows.len() < MAX_BYTES - 3_000 {
        grows.push_str("00:01.000 --> 00:02.000\n");
        grows.push_str(&"<".repeat(2_000));
        grows.push_str("\n\n");
    }
    assert_eq!(read(grows.as_bytes()).unwrap_err(), CaptionsError::TooLarge);
}

#[test]
fn zeros_and_control_characters_hide_nothing() {
    let vtt =
        "WEBVTT\n\n00:01.0\u{0}00 -\u{0}-> 00:02.000\n<scr\u{0}ipt>a\u{1b}[31m<\u{0}b>b\u{7f}\n";
    assert_eq!(read(vtt.as_bytes()).unwrap().cues()[0].text(), "a[31m<b>b</b>");
}

fn line() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("<b>".to_owned()),
        Just("</b>".to_owned()),
        Just("<i>".to_owned()),
        Just("</u>".to_owned()),
        Just("<u.x>".to_owned()),
        Just("&amp;".to_owned()),
        Just("&#60;".to_owned()),
        Just("-->".to_owned()),
        Just("00:01.000 --> 00:02.000".to_owned()),
        Just("NOTE".to_owned()),
        Just("42".to_owned()),
        "[a-zA-Zа-яא-ת<>&;{} ]{1,8}",
        "\\PC{0,4}",
    ];
    proptest::collection::vec(word, 0..6).prop_map(|words| words.concat())
}

/// Something like a file of captions, well-formed or not.
fn file() -> impl Strategy<Value = String> {
    let block = (
        0_u64..400_000_000,
        1_u64..100_000,
        proptest::collection::vec(line(), 0..4),
        any::<[bool; 3]>(),
    );
    (proptest::collection::vec(block, 0..8), any::<bool>()).prop_map(|(blocks, webvtt)| {
        let mut out = String::from(if webvtt { "WEBVTT\n\n" } else { "" });
        for (at, (start, length, lines, [numbered, set, tight])) in blocks.iter().enumerate() {
            if *numbered {
                let _ = writeln!(out, "{at}");
            }
            let set = if *set { " line:3% align:end foo:bar" } else { "" };
            let (from, to) = (timing::render(*start), timing::render(start + length));
            let gap = if *tight { "\n" } else { "\n\n" };
            let _ = write!(out, "{from} --> {to}{set}\n{}{gap}", lines.join("\n"));
        }
        out
    })
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        if let Ok(captions) = read(&bytes) {
            prop_assert_eq!(read(captions.to_webvtt().as_bytes()), Ok(captions));
        }
    }

    /// What it writes, it reads as the same; and nothing in it can be taken for other markup.
    #[test]
    fn reading_is_idempotent(file in file()) {
        if let Ok(captions) = read(file.as_bytes()) {
            for cue in captions.cues() {
                let mut bare = cue.text().to_owned();
                for tag in ["<b>", "</b>", "<i>", "</i>", "<u>", "</u>"] {
                    bare = bare.replace(tag, "");
                }
                prop_assert!(!bare.contains(['<', '>', '\r']) && !bare.contains("\n\n"));
                prop_assert!(!cue.text().is_empty());
            }
            prop_assert_eq!(read(captions.to_webvtt().as_bytes()), Ok(captions));
        }
    }

    #[test]
    fn the_same_cues_in_both_formats_are_the_same(file in file()) {
        if let Ok(mut captions) = read(file.as_bytes()) {
            for cue in &mut captions.cues {
                cue.settings = Settings::default();
            }
            // Braces are players' overrides in SRT, and text in WebVTT.
            prop_assume!(!captions.to_webvtt().contains("{\\"));
            prop_assert_eq!(read(srt_of(&captions).as_bytes()), Ok(captions));
        }
    }

    #[test]
    fn broken_files_are_errors_or_captions(file in file(), cut in 0.0_f64..1.0, byte: u8) {
        let mut bytes = file.into_bytes();
        let at = (bytes.len() as f64 * cut) as usize;
        if let Some(slot) = bytes.get_mut(at) {
            *slot = byte;
        }
        if let Ok(captions) = read(&bytes) {
            prop_assert_eq!(read(captions.to_webvtt().as_bytes()), Ok(captions));
        }
    }
}
