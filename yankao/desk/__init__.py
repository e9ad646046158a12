"""The desk 承辦桌面: the screens staff work on, and the design language "yk" they share."""
