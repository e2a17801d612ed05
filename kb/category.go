package kb

import (
	"io"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Category is one kind of request. Categories have three levels; entries and work orders belong to
// leaves, the upper two group them.
type Category struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Parent string `json:"parent,omitempty"`
	Leaf   bool   `json:"leaf"`

	// What only leaves have.
	Department     string   `json:"department,omitempty"`   // who is in charge
	DueWorkdays    int      `json:"due_workdays,omitempty"` // until the order is to be closed
	Urgency        string   `json:"urgency,omitempty"`      // normal, urgent or critical
	Dispatch       string   `json:"dispatch,omitempty"`     // department, or district by the address
	RequiredFields []string `json:"required_fields,omitempty"`
}

// Department is a unit that is in charge of something: bureau, centre, enterprise, association,
// district or street.
type Department struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Parent     string   `json:"parent,omitempty"`
	Kind       string   `json:"kind"`
	Owns       []string `json:"owns,omitempty"`
	Categories []string `json:"categories,omitempty"`
}

var (
	urgencies       = []string{"normal", "urgent", "critical"}
	dispatches      = []string{"department", "district"}
	departmentKinds = []string{"government", "bureau", "center", "enterprise", "association", "district", "street"}
)

// ReadCategories reads a tree of categories as a flat list, parents first.
func ReadCategories(name string, r io.Reader) ([]Category, Problems) {
	y := yamlReader{file: name}
	var list []Category
	for _, m := range y.mapping(y.document(r), "", "version", "categories") {
		if m.key == "version" {
			y.version(m.value)
			continue
		}
		for _, n := range y.sequence(m.value, "", "categories") {
			list = append(list, y.categories(n, "", []string{"groups", "leaves", ""})...)
		}
	}
	y.unique(list)
	y.problems.sort()
	return list, y.problems
}

// categories reads one category and what is below it. below names the keys of the levels to come;
// "" is a leaf.
func (y *yamlReader) categories(n *yaml.Node, parent string, below []string) []Category {
	keys := []string{"id", "name", below[0]}
	if below[0] == "" {
		keys = []string{"id", "name", "department", "due_workdays", "urgency", "dispatch", "required_fields"}
	}
	c := Category{ID: y.peek(n, "id"), Parent: parent, Leaf: below[0] == ""}
	list := []Category{c}
	for _, m := range y.mapping(n, c.ID, keys...) {
		switch m.key {
		case "id":
		case "name":
			c.Name = y.text(m.value, c.ID, m.key)
		case "department":
			c.Department = y.text(m.value, c.ID, m.key)
		case "due_workdays":
			c.DueWorkdays = y.number(m.value, c.ID, m.key)
		case "urgency":
			c.Urgency = y.oneOf(m.value, c.ID, m.key, urgencies)
		case "dispatch":
			c.Dispatch = y.oneOf(m.value, c.ID, m.key, dispatches)
		case "required_fields":
			c.RequiredFields = y.texts(m.value, c.ID, m.key)
		default:
			for _, child := range y.sequence(m.value, c.ID, m.key) {
				list = append(list, y.categories(child, c.ID, below[1:])...)
			}
		}
	}
	if c.ID == "" || c.Name == "" {
		y.wrong(n, c.ID, "", "类别缺编号或名称 category without id or name")
	}
	list[0] = c
	return list
}

func (y *yamlReader) unique(list []Category) {
	seen := map[string]bool{}
	for _, c := range list {
		if seen[c.ID] && c.ID != "" {
			y.wrong(nil, c.ID, "id", "类别编号重复 category id used twice")
		}
		seen[c.ID] = true
	}
}

func (y *yamlReader) oneOf(n *yaml.Node, id, field string, allowed []string) string {
	v := y.text(n, id, field)
	if !slices.Contains(allowed, v) {
		y.wrong(n, id, field, "可选 one of: "+strings.Join(allowed, " "))
	}
	return v
}

// ReadDepartments reads the list of departments.
func ReadDepartments(name string, r io.Reader) ([]Department, Problems) {
	y := yamlReader{file: name}
	var list []Department
	seen := map[string]bool{}
	for _, m := range y.mapping(y.document(r), "", "version", "departments") {
		if m.key == "version" {
			y.version(m.value)
			continue
		}
		for _, n := range y.sequence(m.value, "", "departments") {
			d := y.department(n)
			if seen[d.ID] {
				y.wrong(n, d.ID, "id", "部门编号重复 department id used twice")
			}
			seen[d.ID] = true
			list = append(list, d)
		}
	}
	for _, d := range list {
		if d.Parent != "" && !seen[d.Parent] {
			y.wrong(nil, d.ID, "parent", "没有这个上级部门 unknown parent: "+d.Parent)
		}
	}
	y.problems.sort()
	return list, y.problems
}

func (y *yamlReader) department(n *yaml.Node) Department {
	d := Department{ID: y.peek(n, "id")}
	for _, m := range y.mapping(n, d.ID, "id", "name", "parent", "kind", "owns", "categories") {
		switch m.key {
		case "name":
			d.Name = y.text(m.value, d.ID, m.key)
		case "parent":
			d.Parent = y.text(m.value, d.ID, m.key)
		case "kind":
			d.Kind = y.oneOf(m.value, d.ID, m.key, departmentKinds)
		case "owns":
			d.Owns = y.texts(m.value, d.ID, m.key)
		case "categories":
			d.Categories = y.texts(m.value, d.ID, m.key)
		}
	}
	if d.ID == "" || d.Name == "" {
		y.wrong(n, d.ID, "", "部门缺编号或名称 department without id or name")
	}
	return d
}

// Region returns the name of the district a department governs, "" for any other department:
// 东湖区人民政府 and 高新区管理委员会 are 东湖区 and 高新区.
func (d Department) Region() string {
	if d.Kind != "district" {
		return ""
	}
	for _, suffix := range []string{"人民政府", "管理委员会", "管委会"} {
		if name, ok := strings.CutSuffix(d.Name, suffix); ok {
			return name
		}
	}
	return d.Name
}
