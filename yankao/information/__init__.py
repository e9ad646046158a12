"""六、資訊業務 Information services. No room stands in this chapter yet; the report says so."""
