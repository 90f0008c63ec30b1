"""What the rubric's checks are made with: the pytest plugin, verdicts and marks, and the containers under test."""
