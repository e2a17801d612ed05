package kb

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/hotline-cc/hotline"
)

// Store keeps what changes while the gateway runs: the clusters of the inbox and the hits of the
// entries. Its methods may be called concurrently.
type Store interface {
	// PutCluster writes a cluster over the one with its id.
	PutCluster(Cluster) error
	// DropCluster forgets a cluster; one that is not there is no error.
	DropCluster(id int64) error
	// Clusters returns all clusters, in any order.
	Clusters() ([]Cluster, error)
	// AddHits adds n to the hits of an entry on a day.
	AddHits(day Day, entry string, n int) error
	// Hits returns the hits of the days from…to, both included, in any order.
	Hits(from, to Day) ([]Hits, error)
}

// Hits is how often an entry answered on a day.
type Hits struct {
	Day   Day    `json:"day"`
	Entry string `json:"entry"`
	Count int    `json:"count"`
}

type hitKey struct {
	day   Day
	entry string
}

// Memory is a Store that forgets everything at the end of the process.
type Memory struct {
	mu       sync.Mutex
	clusters map[int64]Cluster
	hits     map[hitKey]int
}

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{clusters: map[int64]Cluster{}, hits: map[hitKey]int{}}
}

// PutCluster implements Store.
func (m *Memory) PutCluster(c Cluster) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clusters[c.ID] = c.clone()
	return nil
}

// DropCluster implements Store.
func (m *Memory) DropCluster(id int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.clusters, id)
	return nil
}

// Clusters implements Store.
func (m *Memory) Clusters() ([]Cluster, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]Cluster, 0, len(m.clusters))
	for _, id := range slices.Sorted(maps.Keys(m.clusters)) {
		list = append(list, m.clusters[id].clone())
	}
	return list, nil
}

// AddHits implements Store.
func (m *Memory) AddHits(day Day, entry string, n int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hits[hitKey{day, entry}] += n
	return nil
}

// Hits implements Store.
func (m *Memory) Hits(from, to Day) ([]Hits, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []Hits
	for k, n := range m.hits {
		if k.day >= from && k.day <= to {
			list = append(list, Hits{k.day, k.entry, n})
		}
	}
	slices.SortFunc(list, func(a, b Hits) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Entry, b.Entry)) })
	return list, nil
}

// Journal is a Store in a file of JSON lines. Every change is one line appended; the file is
// written anew with what is alive when it is opened, and whenever it has grown to many times that.
// One process may have it open.
type Journal struct {
	mu    sync.Mutex
	path  string
	file  *os.File
	live  *Memory
	lines int
	torn  bool // the last line may be half written
}

// line is one change in a journal.
type line struct {
	Put  *Cluster `json:"put,omitempty"`
	Drop int64    `json:"drop,omitempty"`
	Hits *Hits    `json:"hits,omitempty"`
}

const (
	opJournal   = "keep inbox"
	maxLine     = 1 << 20
	compactFrom = 10000 // lines; shorter files are left alone
)

// OpenJournal reads a journal, or begins one. A line cut short by a crash at the end is dropped;
// a broken line elsewhere is an error that names it.
func OpenJournal(path string) (*Journal, error) {
	j := &Journal{path: path, live: NewMemory()}
	if err := j.load(); err != nil {
		return nil, err
	}
	if err := j.compact(); err != nil {
		return nil, err
	}
	return j, nil
}

func (j *Journal) load() error {
	f, err := os.Open(j.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return hotline.Errorf(opJournal, hotline.CodeUnavailable, "%w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	r := bufio.NewReaderSize(f, maxLine)
	for n := 1; ; n++ {
		text, err := r.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return nil // what stands behind the last line end was never finished
		}
		if err != nil {
			return hotline.Errorf(opJournal, hotline.CodeInvalid, "%s:%d: %w", j.path, n, err)
		}
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return hotline.Errorf(opJournal, hotline.CodeInvalid, "%s:%d: 行已损坏，请移走该行后重启 broken line: %w", j.path, n, err)
		}
		if err := j.apply(l); err != nil {
			return err
		}
	}
}

func (j *Journal) apply(l line) error {
	switch {
	case l.Put != nil:
		return j.live.PutCluster(*l.Put)
	case l.Hits != nil:
		return j.live.AddHits(l.Hits.Day, l.Hits.Entry, l.Hits.Count)
	}
	return j.live.DropCluster(l.Drop)
}

// compact writes what is alive into a new file and puts it in the place of the old one.
func (j *Journal) compact() error {
	temporary, err := os.CreateTemp(filepath.Dir(j.path), filepath.Base(j.path)+".*")
	if err != nil {
		return hotline.Errorf(opJournal, hotline.CodeUnavailable, "%w", err)
	}
	w := bufio.NewWriter(temporary)
	encoder := json.NewEncoder(w)
	clusters, _ := j.live.Clusters() // memory does not fail
	hits, _ := j.live.Hits("", "9999-12-31")
	for i := range clusters {
		err = errors.Join(err, encoder.Encode(line{Put: &clusters[i]}))
	}
	for i := range hits {
		err = errors.Join(err, encoder.Encode(line{Hits: &hits[i]}))
	}
	err = errors.Join(err, w.Flush(), temporary.Sync())
	if err == nil {
		err = os.Rename(temporary.Name(), j.path)
	}
	if err != nil {
		return hotline.Errorf(opJournal, hotline.CodeUnavailable, "%w", errors.Join(err, temporary.Close(), os.Remove(temporary.Name())))
	}
	if j.file != nil {
		err = j.file.Close()
	}
	j.file, j.lines, j.torn = temporary, len(clusters)+len(hits), false
	return err
}

func (j *Journal) change(l line) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return hotline.Errorf(opJournal, hotline.CodeUnavailable, "%s is closed", j.path)
	}
	text, err := json.Marshal(l)
	if err == nil && len(text) >= maxLine {
		err = fmt.Errorf("change has %d bytes", len(text))
	}
	if err != nil {
		return hotline.Errorf(opJournal, hotline.CodeInternal, "%w", err)
	}
	if j.torn {
		if err := j.compact(); err != nil {
			return err
		}
	}
	if _, err := j.file.Write(append(text, '\n')); err != nil {
		j.torn = true
		return hotline.Errorf(opJournal, hotline.CodeUnavailable, "%w", err)
	}
	if err := j.apply(l); err != nil {
		return err
	}
	j.lines++
	if alive := len(j.live.clusters) + len(j.live.hits); j.lines > compactFrom && j.lines > 4*alive {
		return j.compact()
	}
	return nil
}

// PutCluster implements Store.
func (j *Journal) PutCluster(c Cluster) error { return j.change(line{Put: &c}) }

// DropCluster implements Store.
func (j *Journal) DropCluster(id int64) error { return j.change(line{Drop: id}) }

// Clusters implements Store.
func (j *Journal) Clusters() ([]Cluster, error) { return j.live.Clusters() }

// AddHits implements Store.
func (j *Journal) AddHits(day Day, entry string, n int) error {
	return j.change(line{Hits: &Hits{day, entry, n}})
}

// Hits implements Store.
func (j *Journal) Hits(from, to Day) ([]Hits, error) { return j.live.Hits(from, to) }

// Close flushes the file to the disk and ends the journal.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	err := errors.Join(j.file.Sync(), j.file.Close())
	j.file = nil
	if err != nil {
		return hotline.Errorf(opJournal, hotline.CodeUnavailable, "%w", err)
	}
	return nil
}
