//! Run ffmpeg and ffprobe, read their progress, and say why they failed.
