"""五、聯合服務 Joint services. No room stands in this chapter yet; the report says so."""
