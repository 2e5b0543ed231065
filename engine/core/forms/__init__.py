"""Forms: form-js JSON (`.form`) read and checked, filled in, shown and submitted. `docs/forms.md` lists what is supported."""
