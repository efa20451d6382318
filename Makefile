# Short names for the commands of CONTRIBUTING.md.
.DEFAULT_GOAL := help
.PHONY: help setup run test fast lint shell docs site welsh

help: ## list these commands
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 8

setup: ## install packages, compile the styles, migrate the database, install the commit hooks
	bash -euc '. .ci/bootstrap.sh; bootstrap requirements-test.txt'
	./run --setup
	.venv/bin/pre-commit install

run: ## start the product with its demonstration; Ctrl-C stops it
	./run

test: ## run everything that a commit must pass (about 40 minutes)
	./test

fast: ## run the code checks, the pure rules and one smoke journey (about 90 seconds)
	./test --fast

lint: ## run the code checks alone
	.venv/bin/pre-commit run --all-files

shell: ## open a Python shell with Django
	./manage.py shell

docs: ## update the tables that the documentation takes from the code
	./manage.py diagrams

site: ## build the documentation as a site, into var/site
	.venv/bin/python -m mkdocs build --strict

welsh: ## collect the texts to translate, and compile the Welsh catalogue
	./manage.py makemessages --locale cy
	msgfmt --check -o locale/cy/LC_MESSAGES/django.mo locale/cy/LC_MESSAGES/django.po
	./manage.py welsh_texts
