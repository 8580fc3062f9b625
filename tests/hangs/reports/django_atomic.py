# a transaction joins a thread that writes to the same SQLite database (rebuilds stellar/django-polaris issue 466)
import os, signal, threading
import django
from django.conf import settings
settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(os.getcwd(), "shop.db"), "OPTIONS": {"timeout": 1800}}},
                   INSTALLED_APPS=[], DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
django.setup()
from django.db import connection, models, transaction
signal.alarm(900)

class Deposit(models.Model):
    state = models.CharField(max_length=20)
    class Meta:
        app_label = "shop"

def notify(pk):
    Deposit.objects.filter(pk=pk).update(state="notified")

def poll():
    with transaction.atomic():
        deposit = Deposit.objects.create(state="pending")
        worker = threading.Thread(target=notify, args=(deposit.pk,), name="notify")
        worker.start()
        worker.join()

with connection.schema_editor() as editor:
    editor.create_model(Deposit)
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
poll()
