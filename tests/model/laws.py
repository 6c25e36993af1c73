"""The laws that the model check proves, by the names that it prints."""

from __future__ import annotations

RETURN = "return"
CHARGE = "charge"
READINGS = "readings"
WAITS = "waits"
FAIR = "fair"
TRIAL = "trial"

LAWS = {
    RETURN: "from every state it comes back to where everything can be updated",
    CHARGE: "no healthy app, settings or OS is lost for the fault of another",
    READINGS: "no reading that was acknowledged is lost, and none is stored twice",
    WAITS: "no loop of updates, restarts or requests without a growing wait",
    FAIR: "management, worker and deliveries each get their turn",
    TRIAL: "what is proven has worked with the cloud; what has not is taken back by a start",
}
