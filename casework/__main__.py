"""``python -m casework`` is the command ``casework``."""

from casework.cli import main

if __name__ == "__main__":
    main()
