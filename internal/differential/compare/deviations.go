package compare

// Known are the deviations that have been looked into.
var Known = []*Deviation{}
