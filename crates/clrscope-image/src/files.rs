//! Files of images, for dumps that do not hold the images' pages.

mod directory;
mod image_file;

pub use directory::ImageDirectory;
pub use image_file::{ImageFile, ImageMismatch};
