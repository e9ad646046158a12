"""一、研究發展 Research and development."""
