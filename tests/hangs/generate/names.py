"""Names as real services have them. No name may be given twice in one program."""

MODULES = ("ledger billing ingest gateway catalog shipping invoices accounts telemetry warehouse orders payments "
           "pricing checkout dispatch sessions mailer reports audit_trail stock_sync rates_feed search_index").split()
NOUNS = ("order invoice payment shipment session report tenant quote price account profile snapshot batch rate "
         "ticket catalog customer parcel refund metric upload thumbnail voucher route reading").split()
VERBS = ("settle import export refresh publish reconcile collect transfer index archive render charge notify sync "
         "reserve load merge replay enrich forward validate").split()
CLASSES = ("Ledger Billing Gateway Catalog Inventory Dispatcher Mailer Exporter Scheduler Router Tracker Registry "
           "Coordinator Importer Courier Cashier Archive Broker Planner Replicator Session Account Tenant").split()
WORDS = "alpha north eu us emea nightly primary replica shard edge hot cold batch live main blue green east west".split()
ATTRIBUTES = {
    "lock": "lock mutex guard write_lock _lock access".split(),
    "queue": "inbox jobs pending backlog items outbox requests".split(),
    "event": "ready loaded changed drained finished connected".split(),
    "condition": "changed updated state_changed room news".split(),
    "semaphore": "slots permits limit capacity throttle".split(),
    "future": "reply answer outcome response result".split(),
    "barrier": "rendezvous start_line gate checkpoint meeting".split(),
    "thread-lock": "lock mutex guard monitor _lock".split(),
    "loop": "loop main_loop _loop".split(),
    "pool": "pool executor workers threads".split(),
    "socket": "link channel wire pair".split(),
    "task": "jobs running children by_name workers".split(),
}


class Names:
    def __init__(self, dice):
        self.dice = dice
        self.taken = {"main", "asyncio", "threading", "queue", "time"}

    def _free(self, label, candidates):
        dice = self.dice("name " + label)
        for _ in range(50):
            name = candidates(dice)
            if name not in self.taken:
                break
        while name in self.taken:
            name += "_2"
        self.taken.add(name)
        return name

    def module(self, label):
        return self._free(label, lambda d: d.choice(MODULES))

    def function(self, label):
        return self._free(label, lambda d: d.choice(VERBS) + "_" + d.choice(NOUNS) + d.choice(["", "", "s"]))

    def cls(self, label):
        return self._free(label, lambda d: d.choice(["", "", "Order", "Stock", "Rate", "Night"]) + d.choice(CLASSES))

    def variable(self, label, kind=None):
        ends = ATTRIBUTES.get(kind, ["state", "store", "box"])
        return self._free(label, lambda d: d.choice(NOUNS) + "_" + d.choice(ends).strip("_"))

    def constant(self, label, kind=None):
        return self.variable(label, kind).upper()

    def attribute(self, label, kind):
        """Attributes may repeat: the same one in two classes or instances is what real programs have."""
        return self.dice("attribute " + label).choice(ATTRIBUTES[kind])

    def key(self, label):
        return self._free("key " + label, lambda d: d.choice(WORDS) + d.choice(["", "-1", "-2", "-7"]))

    def task(self, label):
        return self._free("task " + label, lambda d: d.choice(VERBS) + "-" + d.choice(NOUNS) + d.choice(["", "-1", "-2", ":eu"]))
