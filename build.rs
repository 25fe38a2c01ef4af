//! Says what is compiled in beside the source: a new migration, or in a release the built web app.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=build.rs");
    // Debug builds read web/dist from the disk at run time.
    if std::env::var("PROFILE").as_deref() == Ok("release") {
        println!("cargo:rerun-if-changed=web/dist");
    }
}
