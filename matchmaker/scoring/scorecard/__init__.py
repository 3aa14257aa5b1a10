"""A scorecard for default risk: it informs the underwriter beside the rating and never decides.

``features`` what may be known at application, ``bins`` and ``fitting`` how a card is made from closed cases, ``card``
the card itself, ``stored`` the card as JSON, ``explaining`` its points in words, ``drift`` whether newer cases still
look like those it was fitted on, ``city`` the features of this city's own applicants.
"""
