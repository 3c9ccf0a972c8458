"""Between a judgement and an alert that people are told of: stages a case goes through, and passes as time goes by."""
