//! Measuring what media work does: stage, transcode, package, upload.
