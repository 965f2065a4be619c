"""Forms of addresses under which holds, restrictions and objections were noted before there was one normal form.

Up to then an address was noted as it was typed, but for white space around it and capitals: a domain in Unicode and the
same one in Punycode gave two keys. Nothing is noted so any more; what was is looked up under these forms as well.

>>> sorted(older_forms("Ana@Exämple.org", "ana@exämple.org"))
['ana@exa\u0308mple.org', 'ana@xn--exmple-cua.org']
"""

import unicodedata


def older_forms(value: object, form: str) -> frozenset[str]:
    """What an address may have been noted as; never its normal form.

    Args:
        value: the address as typed or stored.
        form: its normal form.
    """
    local, _, domain = form.rpartition("@")
    in_ascii = ".".join(map(_punycode, domain.split(".")))
    spelt = [str(value), f"{local}@{in_ascii}"]
    forms = (_older_form(text) for one in (*spelt, form) for text in (one, unicodedata.normalize("NFD", one)))
    return frozenset(forms) - {"", form}


def _older_form(value: str) -> str:
    text = value.strip()
    return text.lower() if "@" in text else ""


def _punycode(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"
