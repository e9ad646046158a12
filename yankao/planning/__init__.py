"""二、綜合計畫 Planning."""
