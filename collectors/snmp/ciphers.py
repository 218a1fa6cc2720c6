"""The ciphers of SNMPv3: DES in CBC and AES in CFB mode.

Apart, so that ``cryptography`` and its seven megabytes are loaded by those who encrypt only.
Source: RFC 3414 §8 (DES), RFC 3826 §3 (AES), NIST SP 800-38A §6.3 (CFB).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

AES_BLOCK: Final = 16


@lru_cache(maxsize=1024)
def _aes(key: bytes) -> CipherContext:
    """Give a CFB decryptor that is never finished: making one costs more than all its work.

    CFB makes each block of its text from the block before it as it was sent. So what is given to
    a decryptor first, a whole block, serves as the initialisation vector of what follows.
    """
    return Cipher(AES(key), CFB(bytes(AES_BLOCK))).decryptor()


def decrypt_aes(key: bytes, vector: bytes, content: bytes) -> bytes:
    """Decrypt content of any length; ``vector`` has 16 octets."""
    whole = content + bytes(-len(content) % AES_BLOCK)
    return _aes(key).update(vector + whole)[AES_BLOCK : AES_BLOCK + len(content)]


def encrypt_aes(key: bytes, vector: bytes, content: bytes) -> bytes:
    """Encrypt content of any length, block by block; ``vector`` has 16 octets."""
    update = _aes(key).update
    sent = [vector]
    for at in range(0, len(content), AES_BLOCK):
        block = content[at : at + AES_BLOCK].ljust(AES_BLOCK, b"\0")
        sent.append(update(sent[-1] + block)[AES_BLOCK:])
    return b"".join(sent)[AES_BLOCK : AES_BLOCK + len(content)]


def decrypt_des(key: bytes, vector: bytes, content: bytes) -> bytes:
    """Decrypt whole blocks; key and vector have 8 octets."""
    decryptor = Cipher(TripleDES(key * 3), CBC(vector)).decryptor()
    return decryptor.update(content) + decryptor.finalize()


def encrypt_des(key: bytes, vector: bytes, content: bytes) -> bytes:
    """Encrypt whole blocks; key and vector have 8 octets."""
    encryptor = Cipher(TripleDES(key * 3), CBC(vector)).encryptor()
    return encryptor.update(content) + encryptor.finalize()
