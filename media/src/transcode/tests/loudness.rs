//! Loudness of what comes out, measured with the meter that any station uses.

use super::*;
use crate::transcode::measure_loudness;
use crate::worker::{GainLimit, Loudness};

const PICTURE: &str = "testsrc2=s=320x240:r=25,format=yuv420p[out0]";

/// The loudness line and what is heard in the finished rendition: LUFS and dBTP.
fn heard(graph: &str, bit_rate: usize) -> (Loudness, f64, f64) {
    let fixture = fixture(
        "in.mkv",
        &Film {
            seconds: 20.0,
            pictures: pictures(PICTURE, (25, 1)),
            sound: Some(Sound { graph: graph.into(), encoder: "aac", bit_rate }),
        },
    );
    let product = run(&fixture.path, &order()).unwrap();
    check(&product, fixture.dir.path());
    let path = fixture.dir.path().join("sound.mp4");
    product.renditions["audio"].save(&path);
    let (lufs, peak) = measure_loudness(&path).unwrap();
    (product.loudness.expect("told once"), lufs, peak)
}

fn noise(amplitude: f64, more: &str, layout: &str) -> String {
    format!(
        "anoisesrc=c=pink:a={amplitude}:r=48000:seed=7{more},\
         aformat=sample_fmts=fltp:channel_layouts={layout}[out0]"
    )
}

/// MED-10
#[test]
fn soft_and_loud_lessons_come_out_equally_loud() {
    // Words with pauses, softly spoken.
    let soft = noise(0.14, ",volume=volume='0.25+0.75*lt(mod(t,1.5),0.9)':eval=frame", "mono");
    let loud = noise(1.0, ",volume=12dB", "stereo");
    let around = noise(0.3, "", "5.1");
    for graph in [soft, loud, around] {
        let (told, lufs, peak) = heard(&graph, 192_000);
        assert!((lufs + 16.0).abs() < 1.0, "{graph}: {told:?} came out at {lufs}");
        assert!(peak <= -1.5, "{graph}: peak {peak}");
        assert_eq!(told.limit, GainLimit::None, "{graph}: {told:?}");
    }
}

#[test]
fn claps_in_a_lesson_are_limited_and_what_is_lost_by_it_is_given_back() {
    let graph = noise(0.3, ",volume=volume='if(lt(mod(t,2),0.04),3,1)':eval=frame", "stereo");
    let (told, lufs, peak) = heard(&graph, 192_000);
    assert_eq!(told.limit, GainLimit::None, "{told:?}");
    assert!((lufs + 16.0).abs() < 1.0 && peak <= -1.5, "{told:?} came out at {lufs}, {peak}");

    // A gun in a library.
    let graph = noise(0.05, ",volume=volume='if(lt(mod(t,5),0.01),18,1)':eval=frame", "stereo");
    let (told, lufs, peak) = heard(&graph, 192_000);
    assert!(peak <= -1.5, "{told:?}: peak {peak}");
    assert_eq!(told.limit, GainLimit::Peaks, "{told:?}");
    assert!((lufs - told.expected_lufs).abs() < 1.0, "{told:?} came out at {lufs}");
}

#[test]
fn what_is_hardly_to_be_heard_is_brought_up_only_so_far() {
    let (told, lufs, _) = heard(&noise(0.012, "", "mono"), 96_000);
    assert_eq!((told.limit, told.gain_db), (GainLimit::MaxGain, 20.0), "{told:?}");
    assert!((lufs - told.expected_lufs).abs() < 1.0, "{told:?} came out at {lufs}");
}

#[test]
fn silence_is_left_alone() {
    let graph = "anullsrc=r=44100:cl=stereo,aformat=sample_fmts=fltp[out0]";
    let (told, lufs, _) = heard(graph, 64_000);
    assert_eq!((told.limit, told.gain_db), (GainLimit::Silence, 0.0));
    assert!(lufs <= -60.0, "{lufs}");
}

/// A lecture longer than what is measured as a whole: the loud half is heard as well.
#[test]
fn a_long_recording_is_measured_in_windows_over_all_of_it() {
    let graph = "anoisesrc=c=pink:a=0.02:r=48000:seed=7,\
                 volume=volume='if(lt(t,350),1,6)':eval=frame,\
                 aformat=sample_fmts=fltp:channel_layouts=mono[out0]";
    let sound = Sound { graph: graph.into(), encoder: "aac", bit_rate: 32_000 };
    let film = Film { seconds: 700.0, pictures: None, sound: Some(sound) };
    let fixture = fixture("in.m4a", &film);
    let (whole, _) = measure_loudness(&fixture.path).unwrap();
    let start = std::time::Instant::now();
    let mut told = None;
    let stopped = transcode(&fixture.path, &order(), &mut |event| match event {
        Event::Loudness(loudness) => {
            told = Some(loudness);
            Err(std::io::Error::other("enough"))
        }
        _ => Ok(()),
    });
    assert!(matches!(stopped, Err(TranscodeError::Output(_))));
    println!("measured in {:.2} s", start.elapsed().as_secs_f64());
    let told = told.unwrap();
    assert!((told.integrated_lufs - whole).abs() < 1.0, "{told:?}, as a whole {whole}");
}
