//! Lessons for the demo school, made on the spot by libav: moving pictures with a title and a
//! clock, and speech or soft tones.

use std::path::{Path, PathBuf};

use crate::codecs::has_filter;
use crate::film::{self, Film, Pictures, Sound};
use crate::{av, probe};

/// Where fonts lie on the systems that we know. The title needs one with Cyrillic and Hebrew.
const FONTS: [&str; 7] = [
    "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Bold.ttf",
    "/usr/share/fonts/truetype/freefont/FreeSansBold.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans-Bold.ttf",
    "/usr/share/fonts/TTF/DejaVuSans-Bold.ttf",
];

/// One demo lesson.
#[derive(Debug, Clone)]
pub struct DemoScene {
    /// Drawn into the picture, if the machine has a font.
    pub title: String,
    /// Length in seconds.
    pub seconds: u32,
    /// Chooses the picture, its colours and the tones: equal seeds make equal films.
    pub seed: u32,
    /// English text to be spoken, if the linked libavfilter can speak (others get tones alone).
    pub speech: Option<String>,
    /// Width and height in pixels; 1280x720 looks best.
    pub size: (u32, u32),
}

/// A demo lesson could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// libav refuses.
    #[error("the demo video cannot be made: {0}")]
    Libav(#[from] ffmpeg_next::Error),
    /// The directory cannot be written.
    #[error("the demo video cannot be written: {0}")]
    Io(#[from] std::io::Error),
}

/// Makes `scene` as H.264 and AAC in the MP4 file `path`.
///
/// # Errors
/// When the linked libraries lack a part (see [`crate::codecs`]) or the file cannot be written.
pub fn make_demo_video(path: &Path, scene: &DemoScene) -> Result<(), DemoError> {
    av::init();
    let font = FONTS.iter().map(PathBuf::from).find(|font| font.is_file());
    let film = Film {
        seconds: f64::from(scene.seconds),
        pictures: Some(Pictures {
            graph: picture_graph(scene, font.as_deref().filter(|_| has_filter("drawtext"))),
            rate: (25, 1),
            encoder: "libx264",
            options: &[("preset", "ultrafast"), ("crf", "26"), ("g", "50"), ("threads", "2")],
        }),
        sound: Some(Sound { graph: sound_graph(scene), encoder: "aac", bit_rate: 128_000 }),
    };
    film::make(path, &film)?;
    // What the demo school shows must be what a person could upload.
    probe::probe(path, &probe::ProbeLimits::default())
        .map(|_| ())
        .map_err(|reason| DemoError::Io(std::io::Error::other(reason.to_string())))
}

fn picture_graph(scene: &DemoScene, font: Option<&Path>) -> String {
    let (width, height) = scene.size;
    let seed = scene.seed;
    // Costly sources are computed small and scaled up.
    let (half_w, half_h) = (width / 4 * 2, height / 4 * 2);
    let (small_w, small_h) = (width / 8 * 2, height / 8 * 2);
    let hue = seed.wrapping_mul(47) % 360;
    let source = match seed % 4 {
        0 => format!(
            "mandelbrot=s={small_w}x{small_h}:r=25:maxiter=250:end_pts=900:\
             start_scale=2.6:end_scale=0.00012,hue=h={hue}:s=0.8",
        ),
        1 => format!(
            "gradients=s={half_w}x{half_h}:r=25:n=5:type=spiral:c0=0x14213d:c1=0x2a9d8f:\
             c2=0xe9c46a:c3=0xe76f51:c4=0x14213d:speed=0.012:seed={seed},hue=h={hue}",
        ),
        2 => format!(
            "life=s={small_w}x{small_h}:r=12:ratio=0.12:seed={seed}:mold=12:\
             life_color=0xe9c46a:death_color=0x264653:mold_color=0x14213d,fps=25,hue=h={hue}",
        ),
        _ => format!(
            "gradients=s={half_w}x{half_h}:r=25:n=5:type=radial:c0=0x264653:c1=0x2a9d8f:\
             c2=0xe9c46a:c3=0xe76f51:c4=0x264653:speed=0.015:seed={seed},hue=h={hue}",
        ),
    };
    let text = font.map(|font| {
        let font = escape(&font.to_string_lossy());
        let (size, clock, border) = (height / 16, height / 24, height / 36);
        // A bold letter is about two thirds as wide as it is high.
        let across = (width * 9 / 10 * 3 / (size * 2).max(1)).max(1);
        let lines = wrap(&scene.title, across as usize);
        let title: String = lines.iter().zip(0u32..).fold(String::new(), |mut all, (line, at)| {
            let (line, y) = (escape(line), height / 14 + at * (size + 2 * border));
            all.push_str(&format!(
                ",drawtext=fontfile={font}:expansion=none:text={line}:fontsize={size}:\
                 fontcolor=white:x=(w-tw)/2:y={y}:box=1:boxcolor=black@0.55:boxborderw={border}",
            ));
            all
        });
        format!(
            "{title},drawtext=fontfile={font}:text='%{{pts\\:hms}}':fontsize={clock}:fontcolor=white:\
             x=w-tw-{border}:y=h-th-{border}:box=1:boxcolor=black@0.55:boxborderw={edge}",
            edge = height / 90,
        )
    });
    format!(
        "{source},scale={width}:{height}:flags=bilinear,setsar=1{},format=yuv420p[out0]",
        text.unwrap_or_default(),
    )
}

/// `text` in lines of at most `across` letters, broken between words; a longer word has a line alone.
fn wrap(text: &str, across: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= across => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn sound_graph(scene: &DemoScene) -> String {
    // A soft chord over a root that the seed chooses, swelling slowly.
    let root = [196.0, 220.0, 246.94, 261.63].into_iter().cycle().nth((scene.seed % 4) as usize);
    let root = root.unwrap_or(220.0);
    let voices: Vec<String> = [(1.0, 0.11, 0.07), (1.25, 0.19, 0.05), (1.5, 0.13, 0.05)]
        .into_iter()
        .map(|(ratio, sway, level)| {
            let tone = root * ratio;
            format!("{level}*sin(2*PI*{tone:.2}*t)*(0.6+0.4*sin(2*PI*{sway}*t))")
        })
        .collect();
    let chord = format!("aevalsrc='{}':s=48000", voices.join("+"));
    let end = "aformat=sample_fmts=fltp:sample_rates=48000:channel_layouts=stereo[out0]";
    match scene.speech.as_deref().filter(|_| has_filter("flite")) {
        Some(speech) => format!(
            "flite=voice=slt:text={},aresample=48000,apad[speech];{chord},volume=0.3[chord];\
             [speech][chord]amix=inputs=2:normalize=0,{end}",
            escape(speech),
        ),
        None => format!("{chord},{end}"),
    }
}

/// Escapes `text` as a value of an option inside of a filter graph: once for the options, once
/// more for the graph.
fn escape(text: &str) -> String {
    let escaped = |text: &str, special: &[char]| {
        text.chars().fold(String::new(), |mut out, c| {
            if special.contains(&c) {
                out.push('\\');
            }
            // A control character ends no line of ours.
            out.push(if c.is_control() { ' ' } else { c });
            out
        })
    };
    let option = escaped(text, &['\\', '\'', ':']);
    escaped(&option, &['\\', '\'', '[', ']', ',', ';'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_scene_is_a_video_that_could_be_uploaded() {
        let dir = tempfile::tempdir().unwrap();
        for seed in 0..4 {
            let path = dir.path().join(format!("{seed}.mp4"));
            let scene = DemoScene {
                title: r#"Дробь: 1/2, [а]; it's 50% \ "שלום""#.into(),
                seconds: 2,
                seed,
                speech: Some("Hello, it's a lesson: one; two [three].".into()),
                size: (320, 180),
            };
            make_demo_video(&path, &scene).unwrap();
            let info = probe::probe(&path, &probe::ProbeLimits::default()).unwrap();
            let video = info.video.unwrap();
            assert_eq!((video.display_width, video.display_height), (320, 180), "{seed}");
            assert_eq!(info.audio.unwrap().channels, 2);
            assert!(info.duration_us.is_some_and(|us| (1_900_000..2_200_000).contains(&us)));
        }
    }

    #[test]
    fn a_long_title_is_broken_between_words() {
        assert_eq!(wrap("Первый комментарий: вопрос", 20), ["Первый комментарий:", "вопрос"]);
        assert_eq!(wrap("one two", 7), ["one two"]);
        assert_eq!(wrap("incomprehensibilities a b", 5), ["incomprehensibilities", "a b"]);
        assert!(wrap(" ", 5).is_empty());
    }

    #[test]
    fn escaping_goes_through_two_parsers() {
        assert_eq!(escape("a:b"), r"a\\:b");
        assert_eq!(escape("it's"), r"it\\\'s");
        assert_eq!(escape("a,b[c]"), r"a\,b\[c\]");
    }
}
