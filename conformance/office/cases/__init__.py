"""Cases: from a submission to a certificate, step by step, each by somebody who may, none to be undone unseen."""
