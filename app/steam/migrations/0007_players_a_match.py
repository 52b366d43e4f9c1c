from django.db import migrations

# Ten players a match, where ANALYZE guesses eighty: they lie together, and it looks at some pages.
TELL = """
ALTER TABLE steam_matchplayer ALTER COLUMN match_id SET (n_distinct = -0.1);
ANALYZE steam_matchplayer;
"""


def tell(apps, schema_editor):
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute(TELL)


class Migration(migrations.Migration):

    dependencies = [
        ('steam', '0006_member_sync_indexes'),
    ]

    operations = [
        migrations.RunPython(tell, migrations.RunPython.noop),
    ]
