package gateway

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing/fstest"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/api"
	"github.com/hotline-cc/hotline/desk"
	"github.com/hotline-cc/hotline/dialog/engine"
	"github.com/hotline-cc/hotline/dialog/flow"
	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/dialog/pack"
	"github.com/hotline-cc/hotline/kb"
	"github.com/hotline-cc/hotline/kb/live"
	"github.com/hotline-cc/hotline/packs"
	"github.com/hotline-cc/hotline/store/db"
)

// flowKind is the kind of documents that take the place of the pack's flows: each is named like its
// file, "house" is house.yaml.
const flowKind = "flows"

// content is what is talked about: a pack with the flows and the knowledge that people have changed
// since, and the dialog made of them. A change makes another dialog; conversations go on with it at
// their next step.
type content struct {
	files  fs.FS
	dir    string
	store  *db.DB
	log    *slog.Logger
	engine atomic.Pointer[engine.Engine]

	callable func(number string) bool // back; nil is what the dialog takes for a number

	knowledge *live.Knowledge

	mu   sync.Mutex // of what follows
	pack *pack.Pack
}

// openContent reads a pack and puts what was changed over it.
func openContent(ctx context.Context, place string, store *db.DB, log *slog.Logger, callable func(number string) bool) (*content, error) {
	read, err := packs.Open(place)
	if err != nil {
		return nil, fmt.Errorf("dialog.pack: %w", err)
	}
	return newContent(ctx, place, *read, store, log, callable)
}

// newContent puts what was changed over the pack that was read from a place.
func newContent(ctx context.Context, place string, p pack.Pack, store *db.DB, log *slog.Logger, callable func(number string) bool) (*content, error) {
	c := &content{store: store, log: log, callable: callable, pack: &p}
	c.files, c.dir = packs.Folder(place)
	var err error
	if c.knowledge, err = live.Open(ctx, p.Base, store); err != nil {
		return nil, err
	}
	p.Base = c.knowledge.Base()
	p.Graph = c.graph(p.Base)
	err = c.publish(ctx)
	if hotline.CodeOf(err) == hotline.CodeConflict {
		c.log.Error("published flows do not fit the pack; its own flows are used", "error", err)
		err = c.use(c.pack)
	}
	if err != nil {
		return nil, err
	}
	c.knowledge.Watch(c.learn)
	return c, nil
}

// learn makes a dialog with other knowledge.
func (c *content) learn(base *kb.Base) {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := *c.pack
	next.Base, next.Graph = base, c.graph(base)
	if err := c.use(&next); err != nil {
		c.log.Error("knowledge not taken up", "error", err)
	}
}

// graph links the matters of the pack to other knowledge; when they no longer fit there are none.
func (c *content) graph(base *kb.Base) *kb.Graph {
	file, err := c.files.Open(path.Join(c.dir, kb.GraphFile))
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }()
	g, problems := kb.ReadGraph(kb.GraphFile, file, base)
	if err := problems.Err(); err != nil {
		c.log.Warn("the graph of matters does not fit the changed knowledge and is not used", "error", err)
	}
	return g
}

// use makes the dialog of a pack the one that answers. c.mu is held.
func (c *content) use(next *pack.Pack) error {
	e, err := next.Engine()
	if err != nil {
		return err
	}
	if c.callable != nil {
		e = e.Calling(c.callable)
	}
	c.pack = next
	c.engine.Store(e)
	return nil
}

// publish takes up the flows that are published.
func (c *content) publish(ctx context.Context) error {
	set, problems, err := c.flows(ctx, db.Document{})
	if err != nil {
		return err
	}
	if err := problems.Err(); err != nil {
		return hotline.Errorf("publish flows", hotline.CodeConflict, "%w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	next := *c.pack
	next.Set = set
	return c.use(&next)
}

// flows reads the flows of the pack with the published ones over them, and one more over those.
func (c *content) flows(ctx context.Context, more db.Document) (*flow.Set, flow.Problems, error) {
	published, err := c.store.Published(ctx, flowKind)
	if err != nil {
		return nil, nil, err
	}
	files := fstest.MapFS{}
	names, err := fs.Glob(c.files, path.Join(c.dir, flow.FlowsDir, "*.yaml"))
	if err != nil {
		return nil, nil, err
	}
	for _, name := range append(names, path.Join(c.dir, flow.HouseFile)) {
		data, err := fs.ReadFile(c.files, name)
		if err != nil {
			return nil, nil, hotline.Errorf("read flows", hotline.CodeUnavailable, "%w", err)
		}
		files[strings.TrimPrefix(name, c.dir+"/")] = &fstest.MapFile{Data: data}
	}
	for _, d := range append(published, more) {
		if d.ID != "" {
			files[flowFile(d.ID)] = &fstest.MapFile{Data: []byte(d.Body)}
		}
	}
	set, problems := flow.Load(files, ".")
	if set != nil {
		problems = append(problems, set.Check(c.known())...)
	}
	return set, problems, nil
}

func flowFile(id string) string {
	if name := id + path.Ext(flow.HouseFile); name == flow.HouseFile {
		return name
	}
	return flow.FlowsDir + "/" + id + ".yaml"
}

func (c *content) known() pack.Known {
	c.mu.Lock()
	defer c.mu.Unlock()
	return pack.Known{Base: c.pack.Base, Day: kb.DayOf(time.Now()), Systems: append([]string{}, slices.Collect(maps.Keys(c.pack.Systems))...)}
}

// lookUp asks a table of the pack.
func (c *content) lookUp(system string, input map[string]any) (map[string]any, string) {
	c.mu.Lock()
	systems := c.pack.Systems
	c.mu.Unlock()
	return systems.LookUp(system, input)
}

// queues are those that the house and the flows name, always open.
func (c *content) queues() []desk.Queue {
	c.mu.Lock()
	set := c.pack.Set
	c.mu.Unlock()
	named := map[string]bool{set.House.Queue: true}
	for _, s := range set.House.Safety {
		named[s.Queue] = true
	}
	for _, f := range set.Flows {
		for _, n := range f.Nodes {
			named[n.Queue] = true
		}
	}
	delete(named, "")
	var list []desk.Queue
	for _, id := range slices.Sorted(maps.Keys(named)) {
		list = append(list, desk.Queue{ID: id, Name: id})
	}
	return list
}

// kinds are the documents that people write, besides knowledge.
func (c *content) kinds() []api.Kind {
	return []api.Kind{
		{Name: flowKind, Title: "流程 flows", Scope: api.ScopeFlows, Check: c.checkFlow, Published: func(ctx context.Context, _ db.Document) error { return c.publish(ctx) }},
		{Name: "utterances", Title: "语料 utterances", Scope: api.ScopeFlows, Check: checkUtterances},
	}
}

// checkFlow looks at a flow among the others: one that is right alone may not fit them.
func (c *content) checkFlow(id, body string) []api.Finding {
	_, problems, err := c.flows(context.Background(), db.Document{ID: id, Body: body})
	if err != nil {
		return []api.Finding{{Error: true, Reason: err.Error()}}
	}
	var found []api.Finding
	for _, p := range problems {
		f := api.Finding{File: p.File, Line: p.Line, Node: p.Node, Error: !p.Warning, Reason: p.Reason}
		if f.File == flowFile(id) {
			f.File = ""
		}
		if f.Node == "" && p.Field != "" {
			f.Node = p.Field
		}
		found = append(found, f)
	}
	return found
}

func checkUtterances(id, body string) []api.Finding {
	if _, err := nlu.ReadUtterances(strings.NewReader(body), id); err != nil {
		return []api.Finding{{Error: true, Reason: err.Error()}}
	}
	return nil
}
