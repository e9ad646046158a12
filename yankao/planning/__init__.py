"""二、綜合計畫 Planning. No room stands in this chapter yet; the report says so."""
