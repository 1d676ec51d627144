"""Accounts: settings in, checked, live providers out."""

from relevo.accounts.config import AccountSettings
from relevo.accounts.live import Account, Accounts, FindProvider, open_accounts

__all__ = ["Account", "AccountSettings", "Accounts", "FindProvider", "open_accounts"]
