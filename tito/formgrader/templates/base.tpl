{%- extends 'nbgrader/base.tpl' -%}

{#- The only block around all that a page shows; each page fills the blocks within it. -#}
{%- block body -%}
{%- if view.sections -%}
<p class="well well-sm" id="section-view">
  {%- if view.students is none -%}
  You see everybody. <a href="{{ base_url }}/formgrader/view/section">Show {{ view.about | e }} only</a>
  {%- else -%}
  You see {{ view.about | e }}: {{ view.students | length }} student{{ '' if view.students | length == 1 else 's' }}.
  <a href="{{ base_url }}/formgrader/view/everybody">Show everybody</a>
  {%- endif -%}
</p>
{%- endif -%}
{{ super() }}
{%- endblock -%}
