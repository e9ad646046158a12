"""對民眾的通知 Messages to citizens, by e-mail, text message and web push.

    RECEIVED = wording("service.petitions.received", _("受理通知"))
    tell(petition.petitioner, RECEIVED, case=case, say={"number": …, "link": …}, key=f"received:{case.pk}")

writes the message and its job in the caller's transaction: it exists exactly when its reason does. The words
are those of that moment, sealed; to whom they go is read from the vault at the moment of sending. What the
gateway said is kept as it was said: handed over, delivered, not delivered, unclear.
"""
