"""What all sessions share: runs, kept results and pictures, and the routes beside Streamlit's own."""
