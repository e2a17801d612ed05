package kb

import (
	"cmp"
	"slices"
)

// Usage is how often an entry answered within some days.
type Usage struct {
	Entry string
	Count int
	Last  Day
}

// Used returns the entries that answered within the days from…to, the most used first.
func Used(s Store, from, to Day) ([]Usage, error) {
	hits, err := s.Hits(from, to)
	if err != nil {
		return nil, err
	}
	byEntry := map[string]Usage{}
	for _, h := range hits {
		u := byEntry[h.Entry]
		byEntry[h.Entry] = Usage{h.Entry, u.Count + h.Count, max(u.Last, h.Day)}
	}
	list := make([]Usage, 0, len(byEntry))
	for _, u := range byEntry {
		list = append(list, u)
	}
	slices.SortFunc(list, func(a, b Usage) int { return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.Entry, b.Entry)) })
	return list, nil
}

// Unused returns the entries in force on the last day that answered nobody within the days from…to.
func Unused(s Store, b *Base, from, to Day) ([]Entry, error) {
	used, err := Used(s, from, to)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(b.Current(to), func(e Entry) bool {
		return slices.ContainsFunc(used, func(u Usage) bool { return u.Entry == e.ID })
	}), nil
}
