//! Every kind of file that people have: each with a flash and a beep at one moment, which must come
//! out together and in their place.

use super::*;
use crate::ladder::LessonKind;

/// A film of `seconds` with a flash and a beep one second after `from`.
struct Take {
    name: &'static str,
    size: &'static str,
    rate: (i32, i32),
    format: &'static str,
    video: &'static str,
    options: &'static [(&'static str, &'static str)],
    audio: &'static str,
    sample_rate: u32,
    layout: &'static str,
    /// The sound starts so late, in seconds.
    late: f64,
    seconds: f64,
}

impl Take {
    const fn new(name: &'static str, video: &'static str, audio: &'static str) -> Self {
        Self {
            name,
            size: "320x240",
            rate: (25, 1),
            format: "yuv420p",
            video,
            options: &[],
            audio,
            sample_rate: 48_000,
            layout: "stereo",
            late: 0.0,
            seconds: 2.5,
        }
    }

    fn make(&self) -> Fixture {
        let Self { size, rate, format, sample_rate, layout, late, .. } = self;
        let at = 1.0 + late;
        let picture = format!(
            "color=c=black:s={size}:r={}/{},drawbox=color=white:t=fill:\
             enable='between(t,{at},{at}+0.3)',format={format}[out0]",
            rate.0, rate.1,
        );
        let sample = match self.audio {
            "pcm_s16le" | "flac" => "s16",
            "libmp3lame" | "mp2" => "s16p",
            "libopus" => "flt",
            _ => "fltp",
        };
        let sample = if self.audio == "mp2" { "s16" } else { sample };
        let sound = format!(
            "aevalsrc='0.5*sin(5500*t)*between(t,1,1.3)':s={sample_rate},\
             asetpts=PTS+{late}/TB,aformat=sample_fmts={sample}:channel_layouts={layout}[out0]"
        );
        let sound = Sound { graph: sound, encoder: self.audio, bit_rate: 128_000 };
        let pictures =
            Pictures { graph: picture, rate: *rate, encoder: self.video, options: self.options };
        let film = Film { seconds: self.seconds, pictures: Some(pictures), sound: Some(sound) };
        fixture(self.name, &film)
    }
}

/// Where the first flash and the first beep are in what came out, in seconds.
fn flash_and_beep(product: &Product, dir: &Path) -> (f64, f64) {
    let mut found = (None, None);
    let video = product.plan.renditions.iter().find(|r| r.frame_rate.is_some()).unwrap();
    for name in [video.name.as_str(), "audio"] {
        let path = dir.join("sync.mp4");
        product.renditions[name].save(&path);
        let mut input = format::input(path.to_str().unwrap()).unwrap();
        let mut decoder = decode::StreamDecoder::new(&input.streams().next().unwrap(), 1).unwrap();
        let mut number = 0u64;
        loop {
            let mut packet = Packet::empty();
            let more = packet.read(&mut input).is_ok();
            decoder.send(more.then_some(&packet));
            if name == "audio" {
                let mut sound = ffmpeg::frame::Audio::empty();
                while decoder.next(&mut sound) {
                    let samples = sound.plane::<f32>(0);
                    let loud = samples.iter().position(|sample| sample.abs() > 0.05);
                    if let (Some(at), None) = (loud, found.1) {
                        found.1 = Some((number as usize + at) as f64 / 48_000.0);
                    }
                    number += samples.len() as u64;
                }
            } else {
                let mut picture = ffmpeg::frame::Video::empty();
                while decoder.next(&mut picture) {
                    let middle = picture.stride(0) * picture.height() as usize / 2;
                    let light = picture.data(0)[middle + picture.width() as usize / 2];
                    if light > 128 && found.0.is_none() {
                        found.0 = Some(number as f64 / video.frame_rate.unwrap().as_f64());
                    }
                    number += 1;
                }
            }
            if !more {
                break;
            }
        }
    }
    (found.0.expect("a flash"), found.1.expect("a beep"))
}

fn in_sync(product: &Product, dir: &Path, at: f64) {
    let (flash, beep) = flash_and_beep(product, dir);
    assert!((flash - at).abs() < 0.1, "the flash is at {flash}, not at {at}");
    assert!((beep - at).abs() < 0.1, "the beep is at {beep}, not at {at}");
    assert!((flash - beep).abs() < 0.06, "flash {flash}, beep {beep}");
}

/// MED-02
#[test]
fn every_codec_and_container_comes_out_in_sync() {
    const QUICK: &[(&str, &str)] = &[("preset", "ultrafast")];
    let takes = [
        Take { options: FAST, ..Take::new("in.mp4", "libx264", "aac") },
        Take {
            options: &[("preset", "ultrafast"), ("x265-params", "log-level=none")],
            ..Take::new("in.mov", "libx265", "aac")
        },
        Take {
            options: &[("deadline", "realtime"), ("cpu-used", "8")],
            ..Take::new("in.webm", "libvpx", "libvorbis")
        },
        Take {
            options: &[("deadline", "realtime"), ("cpu-used", "8")],
            ..Take::new("in.webm", "libvpx-vp9", "libopus")
        },
        Take {
            options: &[("cpu-used", "8"), ("usage", "realtime")],
            ..Take::new("in.mkv", "libaom-av1", "flac")
        },
        Take::new("in.mpg", "mpeg2video", "mp2"),
        Take { format: "yuv422p10le", ..Take::new("in.mov", "prores_ks", "pcm_s16le") },
        Take::new("in.avi", "mpeg4", "libmp3lame"),
        Take { options: QUICK, ..Take::new("in.ts", "libx264", "ac3") },
        Take { sample_rate: 44_100, ..Take::new("in.flv", "flv", "libmp3lame") },
        Take { options: QUICK, format: "yuv420p10le", ..Take::new("in.mkv", "libx264", "aac") },
        Take { options: QUICK, rate: (12, 1), ..Take::new("in.mp4", "libx264", "aac") },
        Take { options: QUICK, rate: (60_000, 1_001), ..Take::new("in.mp4", "libx264", "aac") },
    ];
    for take in takes {
        let what = format!("{} {} {} {:?}", take.name, take.video, take.audio, take.rate);
        let fixture = take.make();
        let product =
            run(&fixture.path, &order()).unwrap_or_else(|error| panic!("{what}: {error}"));
        println!("{what}");
        check(&product, fixture.dir.path());
        in_sync(&product, fixture.dir.path(), 1.0);
        assert!(product.skipped.is_empty(), "{what}: {:?}", product.skipped);
    }
}

#[test]
fn one_channel_to_eight_and_channels_without_a_place_become_sound() {
    for layout in ["mono", "2.1", "quad", "5.0", "5.1(side)", "7.1"] {
        let take = Take { layout, options: FAST, ..Take::new("in.mkv", "libx264", "flac") };
        let fixture = take.make();
        let product = run(&fixture.path, &order()).unwrap();
        let channels = product.plan.renditions.last().map(|r| r.channels);
        assert_eq!(channels, Some(if layout == "mono" { 1 } else { 2 }), "{layout}");
        check(&product, fixture.dir.path());
        in_sync(&product, fixture.dir.path(), 1.0);
    }
    // Nine channels have no usual layout.
    let mut sound = ffmpeg::frame::Audio::empty();
    sound.set_channel_layout(ffmpeg::ChannelLayout::empty());
    assert_eq!(graph::known_layout(&sound, 2), "pan=stereo|c0=c0|c1=c1,");
}

#[test]
fn sound_that_starts_late_keeps_its_distance() {
    let take =
        Take { late: 1.5, seconds: 4.0, options: FAST, ..Take::new("in.mkv", "libx264", "aac") };
    let fixture = take.make();
    let product = run(&fixture.path, &order()).unwrap();
    check(&product, fixture.dir.path());
    in_sync(&product, fixture.dir.path(), 2.5);
}

#[test]
fn a_third_of_a_second_is_a_lesson_and_a_single_picture_is_none() {
    let short = Take { seconds: 0.3, options: FAST, ..Take::new("in.mp4", "libx264", "aac") };
    let fixture = short.make();
    let product = run(&fixture.path, &order()).unwrap();
    check(&product, fixture.dir.path());
    assert!((280_000..400_000).contains(&product.done.duration_us), "{:?}", product.done);

    let one = "testsrc2=s=320x240:r=25:d=0.04,format=yuv420p[out0]";
    let alone = Film { seconds: 3.0, pictures: pictures(one, (25, 1)), sound: None };
    assert_eq!(refusal(&fixture_of("in.mp4", &alone).path).code(), "single_picture");
    assert_eq!(refusal(&fixture_of("in.mkv", &alone).path).code(), "single_picture");

    // Beside sound it is the cover of a listening lesson.
    let cover = fixture_of("in.mp4", &Film { sound: tone("stereo"), ..alone });
    let product = run(&cover.path, &order()).unwrap();
    assert_eq!(product.plan.kind, LessonKind::Listening);
    assert_eq!(product.renditions.keys().collect::<Vec<_>>(), ["audio"]);
    let (jpeg, width, height) = product.poster.as_ref().unwrap();
    assert!(jpeg.starts_with(&[0xff, 0xd8]) && (*width, *height) == (320, 240));
    check(&product, cover.dir.path());
}

fn fixture_of(name: &str, film: &Film<'_>) -> Fixture {
    fixture(name, film)
}

#[test]
fn recordings_of_sound_are_lessons_in_every_usual_container() {
    for (name, encoder, sample) in [
        ("in.mp3", "libmp3lame", "s16p"),
        ("in.ogg", "libvorbis", "fltp"),
        ("in.flac", "flac", "s16"),
        ("in.wav", "pcm_s16le", "s16"),
        ("in.m4a", "aac", "fltp"),
    ] {
        let graph = format!(
            "sine=frequency=440:sample_rate=44100,\
             aformat=sample_fmts={sample}:channel_layouts=stereo[out0]"
        );
        let sound = Some(Sound { graph, encoder, bit_rate: 96_000 });
        let fixture = fixture(name, &Film { seconds: 5.0, pictures: None, sound });
        let product = run(&fixture.path, &order()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(product.plan.kind, LessonKind::Listening, "{name}");
        check(&product, fixture.dir.path());
        assert!((4_950_000..5_150_000).contains(&product.done.duration_us), "{name}");
    }
}

#[test]
fn two_recordings_glued_together_play_one_after_the_other() {
    let part = Take { seconds: 2.0, options: FAST, ..Take::new("in.ts", "libx264", "aac") };
    // The first is silent and dark for eleven seconds; both clocks start at the same moment.
    let dark = fixture(
        "in.ts",
        &Film {
            seconds: 14.0,
            pictures: pictures("color=c=black:s=320x240:r=25,format=yuv420p[out0]", (25, 1)),
            sound: Some(Sound {
                graph: "anullsrc=r=48000:cl=stereo,aformat=sample_fmts=fltp[out0]".into(),
                encoder: "aac",
                bit_rate: 64_000,
            }),
        },
    );
    let second = part.make();
    let joined = [&dark.path, &second.path].map(|path| std::fs::read(path).unwrap()).concat();
    std::fs::write(&dark.path, joined).unwrap();
    let product = run(&dark.path, &order()).unwrap();
    check(&product, dark.dir.path());
    in_sync(&product, dark.dir.path(), 15.0);
}

/// MED-02
#[test]
fn a_damaged_middle_is_left_out_told_and_what_follows_is_in_sync() {
    // Key frames every second, the flash behind the damage.
    let take = Take {
        seconds: 16.0,
        late: 11.0,
        options: &[("preset", "ultrafast"), ("g", "25")],
        ..Take::new("in.mkv", "libx264", "aac")
    };
    for name in ["in.mkv", "in.ts", "in.mp4"] {
        let noisy = "testsrc2=s=320x240:r=25,lutyuv=y='val*0.4':u=128:v=128,\
             drawbox=color=white:t=fill:enable='between(t,12,12.3)',format=yuv420p[out0]";
        let film = Film {
            seconds: take.seconds,
            pictures: Some(Pictures {
                graph: noisy.into(),
                rate: (25, 1),
                encoder: "libx264",
                options: take.options,
            }),
            sound: Some(Sound {
                graph: "aevalsrc='0.5*sin(5500*t)*between(t,12,12.3)':s=48000,\
                        aformat=sample_fmts=fltp:channel_layouts=stereo[out0]"
                    .into(),
                encoder: "aac",
                bit_rate: 128_000,
            }),
        };
        let fixture = fixture(name, &film);
        let mut bytes = std::fs::read(&fixture.path).unwrap();
        // A hole of a tenth of the file, in its middle.
        let (from, to) = (bytes.len() * 40 / 100, bytes.len() * 50 / 100);
        bytes[from..to].fill(0x55);
        std::fs::write(&fixture.path, bytes).unwrap();
        let product = run(&fixture.path, &order()).unwrap_or_else(|e| panic!("{name}: {e}"));
        check(&product, fixture.dir.path());
        let skipped: u64 = product.skipped.iter().map(|part| part.to_us - part.from_us).sum();
        println!("{name}: {:?}", product.skipped);
        assert!((500_000..6_000_000).contains(&skipped), "{name}: {:?}", product.skipped);
        in_sync(&product, fixture.dir.path(), 12.0);
    }
}

/// MED-02
#[test]
fn a_header_that_lies_about_the_length_hides_nothing_and_invents_nothing() {
    let take =
        Take { seconds: 16.0, late: 13.0, options: FAST, ..Take::new("in.mkv", "libx264", "aac") };
    let fixture = take.make();
    let whole = std::fs::read(&fixture.path).unwrap();
    let at = whole.windows(3).position(|w| w == [0x44, 0x89, 0x88]).unwrap() + 3;
    let claim = |milliseconds: f64| {
        let mut bytes = whole.clone();
        bytes[at..at + 8].copy_from_slice(&milliseconds.to_be_bytes());
        std::fs::write(&fixture.path, bytes).unwrap();
    };
    claim(1_000.0);
    let product = run(&fixture.path, &order()).unwrap();
    check(&product, fixture.dir.path());
    in_sync(&product, fixture.dir.path(), 14.0);
    claim(3_600_000.0);
    assert_eq!(refusal(&fixture.path).code(), "truncated_file");
    claim(36_000_000.0);
    assert_eq!(refusal(&fixture.path).code(), "too_long");
    // It says one second, and is longer than what is taken.
    claim(1_000.0);
    let mut short = order();
    short.limits.max_duration_s = 5;
    let refused = run(&fixture.path, &short);
    assert!(
        matches!(refused, Err(TranscodeError::Refused(RefuseReason::TooLong(5..=8, 5)))),
        "{:?}",
        refused.err()
    );
}

/// MED-02
#[test]
fn a_protected_file_is_refused_by_its_name() {
    let take = Take { options: FAST, ..Take::new("in.mp4", "libx264", "aac") };
    let fixture = take.make();
    let bytes = std::fs::read(&fixture.path).unwrap();
    let at = bytes.windows(4).rposition(|name| name == b"avc1").unwrap();
    let mut sealed = bytes.clone();
    sealed[at..at + 4].copy_from_slice(b"encv");
    std::fs::write(&fixture.path, sealed).unwrap();
    let reason = refusal(&fixture.path);
    assert_eq!(reason.code(), "drm_protected");
    assert!(reason.to_string().contains("Upload the original"));
}

#[test]
fn pixels_that_are_not_square_come_out_as_they_look() {
    let graph = "testsrc2=s=352x288:r=25,setsar=16/11,format=yuv420p[out0]";
    let film = Film { seconds: 1.0, pictures: pictures(graph, (25, 1)), sound: None };
    let fixture = fixture("in.mkv", &film);
    let product = run(&fixture.path, &order()).unwrap();
    check(&product, fixture.dir.path());
    let sizes: Vec<_> = product.plan.renditions.iter().map(|r| (r.width, r.height)).collect();
    assert_eq!(sizes, [(426, 240)]);
}
