package fetch

// Flights returns how many preflights others may wait for.
func (c *Client) Flights() int {
	c.flights.mu.Lock()
	defer c.flights.mu.Unlock()
	return len(c.flights.byKey)
}
