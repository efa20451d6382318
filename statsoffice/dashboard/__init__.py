"""The dashboard across both apps: releases due, their results, and tasks."""
