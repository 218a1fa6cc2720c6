"""AES as we drive it against the library's own way, message after message with the same key."""

from __future__ import annotations

import subprocess
import sys

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from hypothesis import given
from hypothesis import strategies as st

from collectors.snmp import ciphers

keys = st.sampled_from([b"k" * 16, b"l" * 24, b"m" * 32])
vectors = st.binary(min_size=16, max_size=16)


@given(keys, st.lists(st.tuples(vectors, st.binary(max_size=100)), max_size=4))
def test_each_message_is_encrypted_as_the_library_does_it(
    key: bytes, messages: list[tuple[bytes, bytes]]
) -> None:
    for vector, content in messages:
        encryptor = Cipher(AES(key), CFB(vector)).encryptor()
        expected = encryptor.update(content) + encryptor.finalize()
        assert ciphers.encrypt_aes(key, vector, content) == expected
        assert ciphers.decrypt_aes(key, vector, expected) == content


def test_a_run_without_encryption_loads_no_cryptography() -> None:
    program = (
        "import sys, collectors.runner, collectors.snmp.chosen_transport;"
        "sys.exit('cryptography' in sys.modules or 'pysnmp' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
