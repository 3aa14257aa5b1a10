"""An enterprise's own needs: asking, checking, sending; the list, each need's page and paper."""
