"""Rating of enterprises by explained rules: the catalogue, versioned parameters, and the judgement as of a date."""
