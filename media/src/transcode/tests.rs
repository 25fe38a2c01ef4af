//! Real files, made on the spot, through the whole transcode, and what comes out read back.

mod inputs;
mod loudness;
mod screens;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::*;
use crate::film::{self, Film, Pictures, Sound};
use crate::hls::crypt;
use crate::mp4;
use crate::worker::Failure;

const FAST: &[(&str, &str)] = &[("preset", "ultrafast"), ("g", "50")];

fn pictures(graph: &str, rate: (i32, i32)) -> Option<Pictures<'static>> {
    Some(Pictures { graph: graph.into(), rate, encoder: "libx264", options: FAST })
}

fn tone(layout: &str) -> Option<Sound<'static>> {
    let graph = format!(
        "sine=frequency=440:sample_rate=48000,\
         aformat=sample_fmts=fltp:channel_layouts={layout}[out0]"
    );
    Some(Sound { graph, encoder: "aac", bit_rate: 96_000 })
}

struct Fixture {
    dir: tempfile::TempDir,
    path: PathBuf,
}

fn fixture(name: &str, film: &Film<'_>) -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    film::make(&path, film).unwrap();
    Fixture { dir, path }
}

fn order() -> WorkerOrder {
    WorkerOrder { preset: "ultrafast".into(), ..WorkerOrder::new() }
}

/// With B-frames and look-ahead, as in production.
fn full_order() -> WorkerOrder {
    WorkerOrder::new()
}

/// One rendition as it came out.
#[derive(Default)]
struct Made {
    codecs: String,
    init: Vec<u8>,
    segments: Vec<(u32, u64, Vec<u8>)>,
    done: Option<RenditionDone>,
}

impl Made {
    /// Writes it as a file that any player can open.
    fn save(&self, path: &Path) {
        let parts = self.segments.iter().flat_map(|(_, _, bytes)| bytes.iter().copied());
        let all: Vec<u8> = self.init.iter().copied().chain(parts).collect();
        std::fs::write(path, all).unwrap();
    }
}

struct Product {
    info: MediaInfo,
    plan: Plan,
    renditions: BTreeMap<String, Made>,
    poster: Option<(Vec<u8>, u32, u32)>,
    loudness: Option<Loudness>,
    dropped: Vec<String>,
    skipped: Vec<Skipped>,
    done: Done,
}

fn run(path: &Path, order: &WorkerOrder) -> Result<Product, TranscodeError> {
    let (mut info, mut plan, mut poster, mut loudness) = (None, None, None, None);
    let (mut dropped, mut skipped) = (Vec::new(), Vec::new());
    let mut renditions: BTreeMap<String, Made> = BTreeMap::new();
    let done = transcode(path, order, &mut |event| {
        match event {
            Event::Probed(probed) => info = Some(probed),
            Event::Planned(planned) => plan = Some(planned),
            Event::Progress(progress) => assert!((0.0..=100.0).contains(&progress.percent)),
            Event::Init { rendition, codecs, bytes } => {
                let made = renditions.entry(rendition).or_default();
                (made.codecs, made.init) = (codecs, bytes);
            }
            Event::Segment { rendition, seq, duration_us, bytes } => {
                let made = renditions.get_mut(&rendition).expect("init comes first");
                assert!(made.done.is_none());
                made.segments.push((seq, duration_us, bytes));
            }
            Event::RenditionDone(done) => {
                let made = renditions.get_mut(&done.rendition).unwrap();
                made.done = Some(done);
            }
            Event::PosterCandidate { index: 0, bytes, width, height, .. } => {
                poster = Some((bytes, width, height));
            }
            Event::Loudness(told) => assert!(loudness.replace(told).is_none()),
            Event::Dropped(which) => dropped.push(which.rendition),
            Event::Skipped(part) => skipped.push(part),
            _ => {}
        }
        Ok(())
    })?;
    let (info, plan) = (info.unwrap(), plan.unwrap());
    Ok(Product { info, plan, renditions, poster, loudness, dropped, skipped, done })
}

/// Frames that a decoder makes of a rendition's init and segments, and their size.
fn decode_all(dir: &Path, made: &Made) -> (u64, u32, u32) {
    let path = dir.join("joined.mp4");
    made.save(&path);
    let mut input = format::input(path.to_str().unwrap()).unwrap();
    let stream = input.streams().next().unwrap();
    let mut decoder = decode::StreamDecoder::new(&stream, 1).unwrap();
    let mut frame = ffmpeg::frame::Video::empty();
    let (mut width, mut height) = (0, 0);
    loop {
        let mut packet = Packet::empty();
        let more = packet.read(&mut input).is_ok();
        decoder.send(more.then_some(&packet));
        while decoder.next(&mut frame) {
            if width == 0 {
                (width, height) = (frame.width(), frame.height());
            }
        }
        if !more {
            assert_eq!(decoder.corrupt(), 0);
            return (decoder.decoded(), width, height);
        }
    }
}

/// The rules of media.md that any product must keep; gives the frames of each rendition.
fn check(product: &Product, dir: &Path) -> BTreeMap<String, u64> {
    let mut frames = BTreeMap::new();
    let planned: Vec<_> = product.plan.renditions.iter().map(|r| r.name.clone()).collect();
    assert_eq!(product.renditions.len(), planned.len());
    let mut video_cuts: Option<Vec<u64>> = None;
    for plan in &product.plan.renditions {
        let made = &product.renditions[&plan.name];
        let scale = u64::from(mp4::timescale(&made.init).unwrap());
        assert_eq!(mp4::codecs(&made.init).as_deref(), Some(made.codecs.as_str()));
        let (mut next, mut micros, mut samples, mut cuts) = (None, 0, 0, Vec::new());
        for (number, (seq, duration_us, bytes)) in made.segments.iter().enumerate() {
            assert_eq!(*seq as usize, number + first_seq(made));
            let facts = mp4::segment_facts(bytes).expect("whole boxes");
            assert!(facts.starts_with_sync, "{} {seq}", plan.name);
            let expected = next.unwrap_or(facts.start);
            assert_eq!(facts.start, expected, "{} {seq}: no gap, no overlap", plan.name);
            if number == 0 && *seq == 0 {
                assert_eq!((facts.start, facts.first_offset), (0, 0), "{}", plan.name);
            }
            let exact = facts.duration as f64 / scale as f64 * 1e6;
            assert!(
                (exact - *duration_us as f64).abs() < 2.0,
                "{} {exact} {duration_us}",
                plan.name
            );
            let rounded = (*duration_us + 500_000) / 1_000_000;
            assert!(rounded <= u64::from(product.plan.target_duration_s));
            next = Some(facts.start + facts.duration);
            micros += duration_us;
            samples += u64::from(facts.samples);
            cuts.push(facts.start * 1_000_000 / scale);
        }
        let done = made.done.as_ref().expect("done");
        assert_eq!(done.segments as usize, made.segments.len() + first_seq(made));
        match plan.frame_rate {
            Some(rate) => {
                let expected = video_cuts.get_or_insert_with(|| cuts.clone());
                assert_eq!(&cuts, expected, "cut at the same moments: {}", plan.name);
                let (count, width, height) = decode_all(dir, made);
                assert_eq!((count, width, height), (samples, plan.width, plan.height));
                if first_seq(made) == 0 {
                    assert_eq!(rate.micros(count), done.duration_us);
                    assert_eq!(micros, done.duration_us);
                }
            }
            None => {
                let (count, ..) = decode_all(dir, made);
                assert!(count >= samples - 1, "{count} {samples}");
            }
        }
        frames.insert(plan.name.clone(), samples);
    }
    let ends: Vec<_> =
        product.renditions.values().map(|made| made.done.as_ref().unwrap().duration_us).collect();
    let (first, last) = (ends.iter().min().unwrap(), ends.iter().max().unwrap());
    assert!(last - first < 21_334 + 40_000, "all end together: {ends:?}");
    frames
}

fn first_seq(made: &Made) -> usize {
    made.segments.first().map_or(0, |(seq, ..)| *seq as usize)
}

/// MED-02 MED-10
#[test]
fn a_lesson_becomes_aligned_renditions_of_picture_and_sound() {
    let fixture = fixture(
        "in.mp4",
        &Film {
            seconds: 9.5,
            pictures: pictures("testsrc2=s=854x480:r=25,format=yuv420p[out0]", (25, 1)),
            sound: tone("stereo"),
        },
    );
    let product = run(&fixture.path, &full_order()).unwrap();
    let names: Vec<_> = product.plan.renditions.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["240p", "360p", "480p", "audio"]);
    let frames = check(&product, fixture.dir.path());
    assert_eq!(product.renditions["480p"].segments.len(), 3);
    assert_eq!(product.renditions["audio"].segments.len(), 3);
    let video = product.info.video.as_ref().unwrap();
    assert_eq!((video.display_width, video.codec.as_str()), (854, "h264"));
    assert!((237..=239).contains(&frames["480p"]), "{frames:?}");
    assert!(product.renditions["480p"].codecs.starts_with("avc1.64"));
    assert_eq!(product.renditions["audio"].codecs, "mp4a.40.2");
    let (jpeg, width, height) = product.poster.as_ref().unwrap();
    assert!(jpeg.starts_with(&[0xff, 0xd8]) && (*width, *height) == (854, 480));
    assert_eq!(product.done.corrupt, 0);
    assert!(product.dropped.is_empty() && product.skipped.is_empty());
}

#[test]
fn a_turned_phone_video_stands_upright() {
    let fixture = fixture(
        "in.mp4",
        &Film {
            seconds: 1.0,
            pictures: pictures(
                "color=black:s=640x360:r=30,drawbox=w=320:h=360:color=white:t=fill,\
                 format=yuv420p[out0]",
                (30, 1),
            ),
            sound: None,
        },
    );
    // What a phone writes: a quarter turn in the track header.
    let mut bytes = std::fs::read(&fixture.path).unwrap();
    let header = mp4::find(&bytes, &[b"moov", b"trak", b"tkhd"]).unwrap();
    let matrix = header.as_ptr() as usize - bytes.as_ptr() as usize + 40;
    let one = 65_536i32;
    for (at, number) in [0, one, 0, -one, 0, 0, 360 * one, 0, 1 << 30].into_iter().enumerate() {
        bytes[matrix + at * 4..][..4].copy_from_slice(&number.to_be_bytes());
    }
    std::fs::write(&fixture.path, bytes).unwrap();
    let product = run(&fixture.path, &order()).unwrap();
    let video = product.info.video.as_ref().unwrap();
    assert_eq!((video.display_width, video.display_height), (360, 640));
    check(&product, fixture.dir.path());
    assert_eq!(product.plan.renditions.last().map(|r| (r.width, r.height)), Some((360, 640)));
    // A quarter turn clockwise brings the white left half to the top.
    let joined = fixture.dir.path().join("joined.mp4");
    let mut input = format::input(joined.to_str().unwrap()).unwrap();
    let mut decoder = decode::StreamDecoder::new(&input.streams().next().unwrap(), 1).unwrap();
    let mut frame = ffmpeg::frame::Video::empty();
    loop {
        let mut packet = Packet::empty();
        packet.read(&mut input).unwrap();
        decoder.send(Some(&packet));
        if decoder.next(&mut frame) {
            break;
        }
    }
    let luma = |line: usize| frame.data(0)[line * frame.stride(0) + 180];
    assert!(luma(100) > 200 && luma(540) < 40, "{} {}", luma(100), luma(540));
}

#[test]
fn an_odd_size_is_made_even_and_not_bigger() {
    let fixture = fixture(
        "in.mkv",
        &Film {
            seconds: 1.2,
            pictures: Some(Pictures {
                graph: "testsrc2=s=323x183:r=25,format=yuv444p[out0]".into(),
                rate: (25, 1),
                encoder: "libx264",
                options: FAST,
            }),
            sound: tone("mono"),
        },
    );
    let product = run(&fixture.path, &order()).unwrap();
    check(&product, fixture.dir.path());
    let rungs: Vec<_> = product
        .plan
        .renditions
        .iter()
        .map(|r| (r.name.as_str(), r.width, r.height, r.channels))
        .collect();
    assert_eq!(rungs, [("182p", 322, 182, 0), ("audio", 0, 0, 1)]);
}

#[test]
fn a_video_without_sound_and_sound_without_video_are_lessons_too() {
    let silent = fixture(
        "in.mp4",
        &Film {
            seconds: 2.0,
            pictures: pictures("testsrc2=s=320x240:r=24,format=yuv420p[out0]", (24, 1)),
            sound: None,
        },
    );
    let product = run(&silent.path, &order()).unwrap();
    assert_eq!(product.renditions.keys().collect::<Vec<_>>(), ["240p"]);
    check(&product, silent.dir.path());

    let spoken = fixture("in.m4a", &Film { seconds: 9.0, pictures: None, sound: tone("stereo") });
    let product = run(&spoken.path, &order()).unwrap();
    assert_eq!(product.renditions.keys().collect::<Vec<_>>(), ["audio"]);
    let frames = check(&product, spoken.dir.path());
    assert_eq!(product.renditions["audio"].segments.len(), 3);
    assert!((421..=424).contains(&frames["audio"]), "{frames:?}");
    assert!(product.poster.is_none());
}

#[test]
fn a_variable_frame_rate_becomes_a_constant_one_of_the_same_length() {
    // A screen recorder: bursts of pictures, then nothing.
    let graph = "testsrc2=s=320x240:r=30,format=yuv420p,\
                 select='lt(mod(n,30),7)+eq(mod(n,30),19)'[out0]";
    let fixture = fixture(
        "in.mkv",
        &Film { seconds: 6.0, pictures: pictures(graph, (30, 1)), sound: tone("stereo") },
    );
    let product = run(&fixture.path, &order()).unwrap();
    check(&product, fixture.dir.path());
    let length = product.done.duration_us as f64 / 1e6;
    assert!((5.9..6.2).contains(&length), "{length}");
}

#[test]
fn a_short_picture_is_held_and_a_short_sound_is_filled_up() {
    let graph = "testsrc2=s=320x240:r=25:d=2,format=yuv420p[out0]";
    let held = fixture(
        "in.mkv",
        &Film { seconds: 6.0, pictures: pictures(graph, (25, 1)), sound: tone("stereo") },
    );
    let product = run(&held.path, &order()).unwrap();
    let frames = check(&product, held.dir.path());
    assert!((149..=152).contains(&frames["240p"]), "{frames:?}");

    let sound = Sound {
        graph: "sine=frequency=440:sample_rate=44100:duration=2,aformat=sample_fmts=fltp[out0]"
            .into(),
        encoder: "aac",
        bit_rate: 64_000,
    };
    let filled = fixture(
        "in.mkv",
        &Film {
            seconds: 6.0,
            pictures: pictures("testsrc2=s=320x240:r=25,format=yuv420p[out0]", (25, 1)),
            sound: Some(sound),
        },
    );
    let product = run(&filled.path, &order()).unwrap();
    let frames = check(&product, filled.dir.path());
    assert!((280..=283).contains(&frames["audio"]), "{frames:?}");
}

#[test]
fn sixty_pictures_a_second_are_halved_for_the_small_rung_alone() {
    let fixture = fixture(
        "in.mp4",
        &Film {
            seconds: 4.5,
            pictures: pictures("testsrc2=s=854x480:r=60,format=yuv420p[out0]", (60, 1)),
            sound: tone("stereo"),
        },
    );
    let product = run(&fixture.path, &order()).unwrap();
    let frames = check(&product, fixture.dir.path());
    assert_eq!(frames["480p"], 2 * frames["240p"]);
    assert_eq!(product.renditions["480p"].segments.len(), 2);
}

/// JOB-02
#[test]
fn a_job_that_goes_on_in_the_middle_makes_what_the_first_run_would_have_made() {
    let fixture = fixture(
        "in.mp4",
        &Film {
            seconds: 21.0,
            pictures: pictures(
                "testsrc2=s=320x240:r=30000/1001,format=yuv420p[out0]",
                (30_000, 1_001),
            ),
            sound: tone("stereo"),
        },
    );
    let whole = run(&fixture.path, &full_order()).unwrap();
    check(&whole, fixture.dir.path());
    // After three stored segments, and after all six with the job's end not yet written down.
    for stored in [3, 6] {
        let rest = WorkerOrder { first_segment: stored, ..full_order() };
        let rest = run(&fixture.path, &rest).unwrap();
        check(&rest, fixture.dir.path());
        for (name, made) in &rest.renditions {
            let before = &whole.renditions[name];
            assert_eq!(made.init, before.init, "{name}: the stored header still fits");
            assert_eq!(made.done, before.done, "{name}");
            let cuts = |made: &Made| -> Vec<_> {
                let late = made.segments.iter().filter(|(seq, ..)| *seq >= stored - 1);
                late.map(|(seq, us, bytes)| (*seq, *us, mp4::segment_facts(bytes).unwrap()))
                    .collect()
            };
            assert_eq!(cuts(made), cuts(before), "{name}: same places, same lengths");
            assert_eq!(made.segments.first().map(|(seq, ..)| *seq), Some(stored - 1));
        }
    }
}

#[test]
fn a_recording_that_does_not_know_its_length_is_a_lesson() {
    let fixture = fixture(
        "in.mkv",
        &Film {
            seconds: 5.0,
            pictures: pictures("testsrc2=s=320x240:r=25,format=yuv420p[out0]", (25, 1)),
            sound: tone("mono"),
        },
    );
    // As a browser records: the Duration element turned into padding.
    let mut bytes = std::fs::read(&fixture.path).unwrap();
    let at = bytes.windows(3).position(|w| w == [0x44, 0x89, 0x88]).unwrap();
    bytes[at..at + 2].copy_from_slice(&[0xec, 0x89]);
    std::fs::write(&fixture.path, bytes).unwrap();
    let product = run(&fixture.path, &order()).unwrap();
    assert_eq!(product.info.duration_us, None);
    check(&product, fixture.dir.path());
    assert!((4_950_000..5_100_000).contains(&product.done.duration_us));
    assert!(product.poster.is_some());
}

#[test]
fn a_picture_that_changes_its_size_on_the_way_goes_on_in_one_size() {
    let part = |size: &str, from: f64| {
        let graph = format!("testsrc2=s={size}:r=25,format=yuv420p,setpts=PTS+{from}/TB[out0]");
        let film = Film { seconds: from + 3.0, pictures: pictures(&graph, (25, 1)), sound: None };
        fixture("in.ts", &film)
    };
    let (first, second) = (part("640x360", 0.0), part("320x240", 3.0));
    let joined = [&first.path, &second.path].map(|path| std::fs::read(path).unwrap()).concat();
    std::fs::write(&first.path, joined).unwrap();
    let product = run(&first.path, &order()).unwrap();
    let frames = check(&product, first.dir.path());
    assert!((148..=152).contains(&frames["360p"]), "{frames:?}");
}

#[test]
fn high_dynamic_range_and_interlaced_sources_go_through_their_filters() {
    let hdr = fixture(
        "in.mkv",
        &Film {
            seconds: 1.0,
            pictures: Some(Pictures {
                graph: "testsrc2=s=320x240:r=25,format=yuv420p10le[out0]".into(),
                rate: (25, 1),
                encoder: "libx264",
                options: &[
                    ("preset", "ultrafast"),
                    ("color_trc", "smpte2084"),
                    ("color_primaries", "bt2020"),
                    ("colorspace", "bt2020nc"),
                    ("color_range", "tv"),
                ],
            }),
            sound: None,
        },
    );
    let product = run(&hdr.path, &order()).unwrap();
    assert!(product.info.video.as_ref().unwrap().hdr);
    check(&product, hdr.dir.path());

    let fields = fixture(
        "in.mkv",
        &Film {
            seconds: 1.0,
            pictures: Some(Pictures {
                graph: "testsrc2=s=320x240:r=50,format=yuv420p,tinterlace=interleave_top[out0]"
                    .into(),
                rate: (25, 1),
                encoder: "libx264",
                options: &[
                    ("preset", "ultrafast"),
                    ("flags", "+ilme+ildct"),
                    ("x264-params", "tff=1"),
                ],
            }),
            sound: None,
        },
    );
    let product = run(&fields.path, &order()).unwrap();
    check(&product, fields.dir.path());
}

#[test]
fn the_taker_of_events_can_stop_the_work() {
    let fixture = fixture(
        "in.mp4",
        &Film {
            seconds: 9.0,
            pictures: pictures("testsrc2=s=320x240:r=25,format=yuv420p[out0]", (25, 1)),
            sound: None,
        },
    );
    let mut segments = 0;
    let stopped = transcode(&fixture.path, &order(), &mut |event| {
        if matches!(event, Event::Segment { .. }) {
            segments += 1;
            return Err(std::io::Error::other("enough"));
        }
        Ok(())
    });
    assert!(matches!(stopped, Err(TranscodeError::Output(_))));
    assert_eq!(segments, 1);
}

fn refusal(path: &Path) -> RefuseReason {
    match run(path, &order()) {
        Err(TranscodeError::Refused(reason)) => reason,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("{} was taken", path.display()),
    }
}

/// MED-02
#[test]
fn every_kind_of_bad_file_has_a_code_of_its_own() {
    let good = fixture(
        "in.mp4",
        &Film {
            seconds: 3.0,
            pictures: pictures("testsrc2=s=320x240:r=25,format=yuv420p[out0]", (25, 1)),
            sound: tone("stereo"),
        },
    );
    let bytes = std::fs::read(&good.path).unwrap();
    let dir = good.dir.path();
    let secret = dir.join("secret.ts");
    std::fs::copy(&good.path, &secret).unwrap();
    let playlist = format!("#EXTM3U\n#EXTINF:3,\n{}\n#EXT-X-ENDLIST\n", secret.display());
    let concat = format!("ffconcat version 1.0\nfile {}\n", secret.display());
    let cut = &bytes[..bytes.len() / 2];
    for (name, content, code) in [
        ("text.mp4", b"This is my lecture, honestly.".as_slice(), "not_media"),
        ("empty.mp4", b"", "empty_file"),
        ("cut.mp4", cut, "truncated_file"),
        ("list.mp4", playlist.as_bytes(), "playlist_refused"),
        ("concat.mp4", concat.as_bytes(), "playlist_refused"),
        ("noise.mp4", &[0, 0, 0, 24, b'f', b't', b'y', b'p', 1, 2, 3], "truncated_file"),
    ] {
        let path = dir.join(name);
        std::fs::write(&path, content).unwrap();
        let reason = refusal(&path);
        assert_eq!(reason.code(), code, "{name}");
        assert!(reason.to_string().ends_with('.'), "a sentence: {reason}");
    }
    assert_eq!(refusal(&dir.join("none.mp4")).code(), "source_unreadable");
}

#[test]
fn a_picture_out_of_bounds_and_a_lecture_out_of_time_are_refused() {
    let graph = "color=s=9000x32:r=25,format=yuvj420p[out0]";
    let wide = fixture(
        "in.mov",
        &Film {
            seconds: 0.2,
            pictures: Some(Pictures {
                graph: graph.into(),
                rate: (25, 1),
                encoder: "mjpeg",
                options: &[],
            }),
            sound: None,
        },
    );
    assert_eq!(refusal(&wide.path), RefuseReason::TooLarge(9_000, 32, 8_192, 4_320));

    let long = fixture(
        "in.mp4",
        &Film {
            seconds: 3.0,
            pictures: pictures("testsrc2=s=320x240:r=25,format=yuv420p[out0]", (25, 1)),
            sound: None,
        },
    );
    let mut order = order();
    order.limits.max_duration_s = 2;
    let refused = run(&long.path, &order);
    assert!(matches!(refused, Err(TranscodeError::Refused(RefuseReason::TooLong(3, 2)))));
}

#[test]
fn damaged_packets_are_counted_and_passed_over() {
    let fixture = fixture(
        "in.mp4",
        &Film {
            seconds: 6.0,
            pictures: pictures("testsrc2=s=320x240:r=25,format=yuv420p[out0]", (25, 1)),
            sound: tone("stereo"),
        },
    );
    let mut bytes = std::fs::read(&fixture.path).unwrap();
    let body = mp4::find(&bytes, &[b"mdat"]).unwrap();
    let start = body.as_ptr() as usize - bytes.as_ptr() as usize;
    let third = body.len() / 3;
    for at in (start + third..start + 2 * third).step_by(97) {
        bytes[at] ^= 0x5a;
    }
    std::fs::write(&fixture.path, bytes).unwrap();
    let product = run(&fixture.path, &order()).unwrap();
    assert!(product.done.corrupt > 0);
    check(&product, fixture.dir.path());
}

#[test]
fn segments_are_unreadable_once_encrypted_and_whole_after_decryption() {
    let fixture = fixture(
        "in.mp4",
        &Film {
            seconds: 5.0,
            pictures: pictures("testsrc2=s=320x240:r=25,format=yuv420p[out0]", (25, 1)),
            sound: None,
        },
    );
    let order = order();
    let product = run(&fixture.path, &order).unwrap();
    for (seq, _, bytes) in &product.renditions["240p"].segments {
        let key = &order.keys[crypt::epoch_of(*seq, order.epoch_segments) as usize];
        let iv = crypt::segment_iv(key, "240p", *seq);
        let sealed = crypt::encrypt(key, iv, bytes);
        assert!(mp4::segment_facts(&sealed).is_none());
        assert_eq!(crypt::decrypt(key, iv, &sealed).as_deref(), Some(bytes.as_slice()));
    }
}

#[test]
fn a_failure_line_is_small_enough_for_the_pipe() {
    let failure = Failure {
        code: RefuseReason::Truncated.code().into(),
        detail: RefuseReason::Truncated.to_string(),
        at_s: Some(1.5),
        retryable: false,
    };
    assert!(serde_json::to_string(&failure).unwrap().len() < 512);
}
