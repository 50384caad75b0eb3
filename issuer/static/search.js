// Filled by its pages.
