"""What users import: models opened, trained, exported, and their card."""
