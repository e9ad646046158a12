"""程式介面 Programming interface: what the rooms declare, for programs.

Rooms, moves, schemas and permissions are the kernel's; nothing is declared a second time here. A program sees
and may do exactly what its person sees and may do at the desk.
"""
