"""How Sphinx turns the pages that `book.py` wrote into a site."""

import re

from docutils import nodes
from latex2mathml import converter

project = "Backpropagation through time, by slider"
html_title = project
copyright = "CC BY 4.0"
author = ""
language = "en"
extensions = ["myst_nb", "sphinx.ext.githubpages"]
nb_execution_mode = "off"  # a page shows the outputs that are stored
nb_execution_cache_path = "build/site/cache"  # else it makes a folder beside README
nb_merge_streams = True
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["explorer.css"]
html_js_files = [("explorer.js", {"defer": "defer"})]
html_show_search_summary = False  # it would fetch pages, which a folder does not allow
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False
html_copy_source = False
pygments_style = "a11y-high-contrast-light"  # comments and strings dark enough to read
pygments_dark_style = "a11y-high-contrast-dark"


def mathml(text, display):
    """A formula in MathML, which browsers read without a script, a font or a network."""
    text = re.sub(r"\\(\||[lr]?Vert\b)", "‖", text).replace(r"\_", "_")
    found = converter.convert(text, display=display)
    found = found.replace(
        '<mi mathvariant="script">N</mi>', "<mi>𝒩</mi>"
    )  # browsers know no script
    if "\\" in found or "mathvariant" in found:
        raise ValueError(f"no MathML for {text}")
    return found


def inline_math(writer, node):
    writer.body.append(mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def block_math(writer, node):
    writer.body.append(f'<div class="math" tabindex="0">{mathml(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def fold(app, doctree, _name):
    """A section with a comment `folded` under its heading opens at a click on the heading."""
    for section in doctree.findall(nodes.section):
        marks = [n for n in section.children if isinstance(n, nodes.comment)]
        if any(n.astext() == "folded" for n in marks):
            title = section.next_node(nodes.title)
            place = section.index(title)
            section.insert(place + 1, nodes.raw("", "</summary>", format="html"))
            section.insert(place, nodes.raw("", '<details class="deeper"><summary>', format="html"))
            section.append(nodes.raw("", "</details>", format="html"))


def reachable(app, page, template, context, doctree):
    """Wide code blocks can be reached by keyboard, so that they can be scrolled."""
    context["body"] = re.sub(r"<pre>", '<pre tabindex="0">', context.get("body", ""))


def setup(app):
    app.add_html_math_renderer("mathml", (inline_math, None), (block_math, None))
    app.config.html_math_renderer = "mathml"
    app.connect("doctree-resolved", fold)
    app.connect("html-page-context", reachable)
