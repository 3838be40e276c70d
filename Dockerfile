# The app as a container: docker build -t after-zero-loss . && docker run --read-only --tmpfs /tmp -p 8501:8501 after-zero-loss
# docs/deployment.md says what it needs, and how several of them share a class.
FROM python:3.11-slim

RUN useradd --create-home --uid 1000 app
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY --chown=app . .
RUN chown app /app
USER app

# The kernels are compiled now, and not when the first visitor waits. On a processor of another kind they are compiled again, in /tmp.
RUN python -c "from dynamics import Experiment, landscape_names, simulate; \
    [simulate(Experiment(landscape=name, paths=4, frames=4, horizon=0.01)) for name in landscape_names()]"

ENV AFTER_ZERO_LOSS_LOG=-
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=25s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/healthz', timeout=20)"]
CMD ["streamlit", "run", "app.py", "--server.port=8501", "--server.address=0.0.0.0"]
