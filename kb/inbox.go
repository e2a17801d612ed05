package kb

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/internal/han"
)

// Cluster is a question nobody has answered yet, in the words of those who asked. Personal data is
// masked in all of them.
type Cluster struct {
	ID       int64                   `json:"id"`
	Text     string                  `json:"text"`    // the wording that came first
	Samples  []Sample                `json:"samples"` // different wordings, at most maxSamples
	Count    int                     `json:"count"`
	Channels map[hotline.Channel]int `json:"channels"`
	First    time.Time               `json:"first"`
	Last     time.Time               `json:"last"`
	State    ClusterState            `json:"state"`
	Entry    string                  `json:"entry,omitempty"` // what it was promoted to
	By       string                  `json:"by,omitempty"`    // who promoted or dismissed it
}

// Sample is a wording and how often it came.
type Sample struct {
	Text  string `json:"text"`
	Count int    `json:"count"`
}

// ClusterState is what has become of a cluster.
type ClusterState string

// The states of a cluster.
const (
	ClusterOpen      ClusterState = "open"
	ClusterPromoted  ClusterState = "promoted"
	ClusterDismissed ClusterState = "dismissed" // stays, so that the same question does not come up again
)

func (c Cluster) clone() Cluster {
	c.Samples, c.Channels = slices.Clone(c.Samples), maps.Clone(c.Channels)
	return c
}

// Limits of an inbox.
const (
	maxClusters = 2000
	maxSamples  = 20
	maxAsked    = 200 // characters of a question; what is longer is a story and cut
	minAsked    = 3   // characters; less is a sound
)

// nearAsked is the least likeness at which a question joins a cluster.
const nearAsked = 0.66

// polite are words around a question that say nothing about it.
var polite = strings.NewReplacer("我想咨询一下", "", "我想问一下", "", "想问一下", "", "咨询一下", "", "问一下", "", "请问", "", "你好", "", "您好", "",
	"麻烦", "", "那个", "", "就是", "", "啊", "", "呃", "", "嗯", "", "呢", "", "吗", "", "呀", "", "吧", "")

func (in *Inbox) shape(text string) shape {
	if core := polite.Replace(text); utf8.RuneCountInString(han.Fold(core)) >= minAsked {
		return in.rarity.shape(core)
	}
	return in.rarity.shape(text)
}

const opInbox = "sort unanswered question"

// Inbox collects the questions that found no answer and puts near-same ones together. It is safe
// for concurrent use. The same questions in the same order make the same clusters.
type Inbox struct {
	mu       sync.Mutex
	store    Store
	rarity   rarity
	clusters map[int64]*cluster
	holders  map[uint64]map[int64]bool // clusters by the grams of their wordings
	next     int64
}

type cluster struct {
	Cluster
	shapes []shape // of the samples
}

// NewInbox opens the inbox that a store keeps. The base tells which words are common.
func NewInbox(store Store, b *Base) (*Inbox, error) {
	list, err := store.Clusters()
	if err != nil {
		return nil, err
	}
	var texts []string
	for e := range b.All() {
		texts = append(texts, e.Wordings()...)
	}
	in := &Inbox{store: store, rarity: rarityOf(texts), clusters: map[int64]*cluster{}, holders: map[uint64]map[int64]bool{}, next: 1}
	for _, c := range list {
		in.put(c.clone())
		in.next = max(in.next, c.ID+1)
	}
	return in, nil
}

func (in *Inbox) put(c Cluster) {
	k := &cluster{Cluster: c}
	for _, s := range c.Samples {
		shape := in.shape(s.Text)
		k.shapes = append(k.shapes, shape)
		in.hold(c.ID, shape)
	}
	in.clusters[c.ID] = k
}

// hold notes which cluster has the grams of a wording.
func (in *Inbox) hold(id int64, s shape) {
	for _, g := range s.sounds.grams {
		if in.holders[g.hash] == nil {
			in.holders[g.hash] = map[int64]bool{}
		}
		in.holders[g.hash][id] = true
	}
}

// Add takes a question in and returns the id of its cluster, 0 for a text too short to be one.
// Personal data is masked before anything is kept.
func (in *Inbox) Add(text string, channel hotline.Channel, at time.Time) (int64, error) {
	text = strings.TrimSpace(strings.Map(printable, Mask(text)))
	if utf8.RuneCountInString(text) > maxAsked {
		text = string([]rune(text)[:maxAsked])
	}
	if utf8.RuneCountInString(han.Fold(text)) < minAsked {
		return 0, nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	s := in.shape(text)
	c := in.nearest(s)
	if c == nil {
		if err := in.makeRoom(); err != nil {
			return 0, err
		}
		c = &cluster{Cluster: Cluster{ID: in.next, Text: text, Channels: map[hotline.Channel]int{}, First: at, State: ClusterOpen}}
		in.next++
		in.clusters[c.ID] = c
	}
	c.Count++
	c.Channels[channel]++
	if at.After(c.Last) {
		c.Last = at
	}
	if c.sample(text, s) {
		in.hold(c.ID, s)
	}
	return c.ID, in.store.PutCluster(c.Cluster)
}

func printable(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return ' '
	case forbidden(r):
		return -1
	}
	return r
}

// sample counts a wording and tells whether it is kept as one that was not there.
func (c *cluster) sample(text string, s shape) bool {
	for i := range c.Samples {
		if c.Samples[i].Text == text {
			c.Samples[i].Count++
			return false
		}
	}
	if len(c.Samples) == maxSamples {
		return false
	}
	c.Samples, c.shapes = append(c.Samples, Sample{text, 1}), append(c.shapes, s)
	return true
}

// nearest returns the cluster with the wording most like a question, the older of two equal ones,
// nil when none is near. The first wording counts in full; the others a little less, so that a
// cluster does not wander from question to question.
func (in *Inbox) nearest(s shape) *cluster {
	var best *cluster
	top := 0.0
	candidates := map[int64]bool{}
	for _, g := range s.sounds.heavy(nearAsked) {
		maps.Copy(candidates, in.holders[g.hash])
	}
	for _, id := range slices.Sorted(maps.Keys(candidates)) {
		c := in.clusters[id]
		for i, other := range c.shapes {
			score := likeness(s, other)
			if i > 0 {
				score *= 0.9
			}
			if score >= nearAsked && score > top {
				best, top = c, score
			}
		}
	}
	return best
}

// makeRoom forgets the cluster that is missed least when the inbox is full: what is settled first,
// then the rarest, then the one not asked for longest.
func (in *Inbox) makeRoom() error {
	if len(in.clusters) < maxClusters {
		return nil
	}
	var least *cluster
	for _, id := range slices.Sorted(maps.Keys(in.clusters)) {
		if c := in.clusters[id]; least == nil || missedLess(c, least) {
			least = c
		}
	}
	delete(in.clusters, least.ID)
	for _, s := range least.shapes {
		for _, g := range s.sounds.grams {
			if delete(in.holders[g.hash], least.ID); len(in.holders[g.hash]) == 0 {
				delete(in.holders, g.hash)
			}
		}
	}
	return in.store.DropCluster(least.ID)
}

func missedLess(a, b *cluster) bool {
	open := func(c *cluster) int {
		if c.State == ClusterOpen {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(open(a), open(b)), cmp.Compare(a.Count, b.Count), a.Last.Compare(b.Last)) < 0
}

// Clusters returns the clusters in a state, the most asked first.
func (in *Inbox) Clusters(state ClusterState) []Cluster {
	in.mu.Lock()
	defer in.mu.Unlock()
	var list []Cluster
	for _, c := range in.clusters {
		if c.State == state {
			list = append(list, c.clone())
		}
	}
	slices.SortFunc(list, func(a, b Cluster) int {
		return cmp.Or(-cmp.Compare(a.Count, b.Count), -a.Last.Compare(b.Last), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// Dismiss puts a cluster aside: it is no question for the knowledge base.
func (in *Inbox) Dismiss(id int64, by string) error {
	return in.settle(id, ClusterDismissed, "", by, nil)
}

// Promote makes a cluster an entry: with entry "" a draft of a new one, whose question is the first
// wording and whose answers are to be written; else similar wordings of an entry of the base. It
// returns the entry as it is to be saved; the base itself does not change.
func (in *Inbox) Promote(id int64, b *Base, entry, category, by string) (Entry, error) {
	var result Entry
	err := in.settle(id, ClusterPromoted, entry, by, func(c *Cluster) error {
		if entry == "" {
			result = draftOf(*c, category)
			if _, taken := b.Entry(result.ID); taken {
				return hotline.Errorf(opInbox, hotline.CodeConflict, "条目 %s 已存在 entry exists", result.ID)
			}
			c.Entry = result.ID
			return nil
		}
		e, found := b.Entry(entry)
		if !found {
			return hotline.Errorf(opInbox, hotline.CodeNotFound, "没有条目 %s unknown entry", entry)
		}
		result = withWordings(e, *c)
		return nil
	})
	return result, err
}

// settle gives an open cluster its end. change may refuse.
func (in *Inbox) settle(id int64, state ClusterState, entry, by string, change func(*Cluster) error) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	c, found := in.clusters[id]
	if !found {
		return hotline.Errorf(opInbox, hotline.CodeNotFound, "没有这组问题 unknown cluster: %d", id)
	}
	if c.State != ClusterOpen {
		return hotline.Errorf(opInbox, hotline.CodeConflict, "这组问题已处理（%s） cluster is settled", c.State)
	}
	after := c.clone()
	after.State, after.Entry, after.By = state, entry, by
	if change != nil {
		if err := change(&after); err != nil {
			return err
		}
	}
	if err := in.store.PutCluster(after); err != nil {
		return err
	}
	c.Cluster = after
	return nil
}

func draftOf(c Cluster, category string) Entry {
	e := Entry{Category: category, Question: wording(c.Text), Status: StatusDraft}
	e.ID = newID(e)
	e.normalize()
	return withWordings(e, c)
}

// withWordings adds the wordings of a cluster that an entry does not have.
func withWordings(e Entry, c Cluster) Entry {
	e = e.clone()
	known := map[string]bool{}
	for _, w := range e.Wordings() {
		known[han.Fold(w)] = true
	}
	for _, s := range c.Samples {
		if w := wording(s.Text); !known[han.Fold(w)] && len(e.Similar) < maxItems {
			known[han.Fold(w)] = true
			e.Similar = append(e.Similar, w)
		}
	}
	return e
}

// wording makes a question fit for an entry: no bars, which part items, and no masks at its ends.
func wording(text string) string {
	return strings.Trim(strings.NewReplacer("|", " ", "｜", " ").Replace(text), " ，。？！,.?!")
}
